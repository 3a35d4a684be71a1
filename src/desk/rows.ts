/**
 * What the ledger speaks of: the form of SQLite that it needs, its rows as types, and the way between an
 * article and its row. No statement is made here.
 */
import type { Article, ArticleState, Correction, Story } from '../article.ts'
import type { CodeRow, Counts, MembershipRow, PageLink } from './records.ts'

export type Value = string | number | null
/** What the ledger needs of SQLite; Durable Objects have it, and Node's own SQLite can be given the same form. */
export type Sql = {
  exec: (query: string, ...bindings: Value[]) => { toArray: () => Record<string, unknown>[] }
}
/** Runs the changes in it together or not at all. */
export type Transaction = <T>(changes: () => T) => T

export type KeptArticle = Article & { digest: string }
/** `until`: when the document becomes another by the clock alone, in seconds; null: never. */
export type DocumentRow = {
  target: string
  etag: string
  modified: number
  fingerprint: string
  until: number | null
  sent: string | null
  sentAt: number | null
}
/** `backlog`: how many of the rows give way to news. `oldestSince`: since when the oldest news is owed. */
export type Owed = { rows: number; backlog: number; oldestSince: number | null; failing: number }

/** Which of what is owed goes first. Bulk and sweeps owe by the thousand: news does not wait for them. */
export const PRIORITY = { news: 0, backlog: 1 } as const
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY]

export type ArticleRow = {
  id: string
  state: ArticleState
  revision: number
  digest: string
  code: string
  canonical: string | null
  published: number
  updated: number
  ever_public: number
  withdrawn_at: number | null
  withdrawal_reason: string | null
  withdrawal_legal: string | null
  story: string
  html: string
  source: string
  corrections: string
}

export function toArticle(row: ArticleRow): KeptArticle {
  const story = JSON.parse(row.story) as Omit<Story, 'html' | 'source'> & {
    form: Story['source']['form']
  }
  const { form, ...told } = story
  return {
    id: row.id,
    state: row.state,
    revision: row.revision,
    digest: row.digest,
    code: row.code,
    ...(row.canonical !== null && { canonical: row.canonical }),
    published: row.published,
    updated: row.updated,
    everPublic: row.ever_public === 1,
    corrections: JSON.parse(row.corrections) as Correction[],
    ...(row.withdrawn_at !== null && {
      withdrawn: {
        when: row.withdrawn_at,
        ...(row.withdrawal_reason !== null && { reason: row.withdrawal_reason }),
        ...(row.withdrawal_legal !== null && { legal: row.withdrawal_legal }),
      },
    }),
    story: { ...told, html: row.html, source: { form, text: row.source } },
  }
}

/** The columns of an article's row, in the order of `toBindings`. */
export const ARTICLE_COLUMNS =
  'id, state, revision, digest, code, canonical, published, updated, ever_public, withdrawn_at, withdrawal_reason, withdrawal_legal, story, html, source, corrections'

/** The same without what makes articles large; the query says what stands for `html`. */
export const TEXTLESS_COLUMNS = `${ARTICLE_COLUMNS.replace(', html, source', '')}, '' AS source`

export function toBindings(article: KeptArticle): Value[] {
  const { html, source, ...told } = article.story
  return [
    article.id,
    article.state,
    article.revision,
    article.digest,
    article.code,
    article.canonical ?? null,
    article.published,
    article.updated,
    article.everPublic ? 1 : 0,
    article.withdrawn?.when ?? null,
    article.withdrawn?.reason ?? null,
    article.withdrawn?.legal ?? null,
    JSON.stringify({ ...told, form: source.form }),
    html,
    source.text,
    JSON.stringify(article.corrections),
  ]
}

/** The article without its texts: what an editor hears of a change, and what a list tells. */
export const withoutTexts = (article: KeptArticle): KeptArticle => ({
  ...article,
  story: { ...article.story, html: '', source: { ...article.story.source, text: '' } },
})

export const CHANNEL_COLUMNS = 'key, title, last_position AS positions'

/**
 * Where an article lives, as the sitemaps count it: '' on the page that Dateline serves, else the origin of its
 * canonical address. Null when no sitemap can name it: the address is part of a page, or written in XML not below
 * 2,048 characters (sitemaps.org).
 */
const ORIGIN = `CASE WHEN canonical IS NULL THEN ''
  WHEN instr(canonical, '#') = 0
    AND 5 * length(canonical) - 4 * length(replace(replace(canonical, '&', ''), '''', '')) < 2048
  THEN substr(canonical, 1, 7 + instr(substr(canonical, 9), '/')) END`
export const MONTH_AND_ORIGIN = `strftime('%Y-%m', published, 'unixepoch') AS month, ${ORIGIN} AS origin`
/** Public, and at home here or at one origin, which is the statement's first parameter. */
export const LISTED = `state = 'public' AND (${ORIGIN}) IN ('', ?1)`

/** What a sitemap says of an article. Times in seconds. */
export type SitemapRow = { id: string; canonical: string | null; updated: number }
/** `language` is a tag. */
export type NewsRow = {
  id: string
  canonical: string | null
  published: number
  title: string
  language: string
}
/** `language`: that of the article which began the channel and gave it its title; null for everything. */
export type ListedChannelRow = {
  key: string
  title: string
  members: number
  language: string | null
}

/** Counts of an empty ledger: its keys are the tables that an export tells of, but that `code` holds links too. */
export const NOTHING: Counts = {
  article: 0,
  code: 0,
  link: 0,
  channel: 0,
  membership: 0,
  document: 0,
  audit: 0,
}

/** A membership's row; `left_at` is null for a member. */
export type MembershipColumns = Omit<MembershipRow, 'left'> & { left_at: number | null }
export const MEMBERSHIP_COLUMNS = 'channel, position, article, published, left_at'

export const toMembership = ({ left_at, ...row }: MembershipColumns): MembershipRow => ({
  ...row,
  ...(left_at !== null && { left: left_at }),
})

/** Whose a code is, or the page that it leads to. */
export type HeldCode = CodeRow | PageLink
/** A code whose article the outside world has known; times in seconds. */
export type KnownCode = {
  code: string
  id: string
  state: ArticleState
  canonical: string | null
  withdrawnAt: number | null
  legal: string | null
}
/** A public article near to a code that is none. `language` is a tag. */
export type NearRow = { code: string; id: string; title: string; language: string }
/** A code that was asked for and is none: in how many minutes, and on which day last. */
export type MissRow = { code: string; asked: number; day: string }

/** A code's row, as far as it is a page's. */
export type LinkRow = {
  code: string
  url: string
  title: string | null
  created: number
  updated: number
  expires: number | null
  removed_at: number | null
  removal_legal: string | null
  revision: number
  change: number
}
/** The columns of a page's code, in the order of `toLinkBindings`. */
export const LINK_COLUMNS =
  'code, url, title, created, updated, expires, removed_at, removal_legal, revision, change'

/** The same where an article stands beside it, which has columns of these names too. */
export const CODE_LINK_COLUMNS = LINK_COLUMNS.replace(/\w+/g, 'code.$&')

/** What a page's code takes over from one that is inserted in its place. */
export const LINK_CHANGES = LINK_COLUMNS.split(', ')
  .map((column) => `${column} = excluded.${column}`)
  .join(', ')

export type HeldCodeRow = LinkRow & { article: string | null }
export const toHeldCode = ({ article, ...row }: HeldCodeRow): HeldCode =>
  article === null ? toLink(row) : { code: row.code, article }

export type KnownCodeRow = Omit<KnownCode, 'id'> & LinkRow & { id: string | null }
export const toKnownCode = (row: KnownCodeRow): KnownCode | PageLink => {
  const { code, id, state, canonical, withdrawnAt, legal } = row
  return id === null ? toLink(row) : { code, id, state, canonical, withdrawnAt, legal }
}

export const toLink = (row: LinkRow): PageLink => ({
  code: row.code,
  url: row.url,
  ...(row.title !== null && { title: row.title }),
  created: row.created,
  updated: row.updated,
  ...(row.expires !== null && { expires: row.expires }),
  ...(row.removed_at !== null && {
    removed: {
      when: row.removed_at,
      ...(row.removal_legal !== null && { legal: row.removal_legal }),
    },
  }),
  revision: row.revision,
  change: row.change,
})

export const toLinkBindings = (link: PageLink): Value[] => [
  link.code,
  link.url,
  link.title ?? null,
  link.created,
  link.updated,
  link.expires ?? null,
  link.removed?.when ?? null,
  link.removed?.legal ?? null,
  link.revision,
  link.change,
]
