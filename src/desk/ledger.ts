/**
 * The ledger: all SQL of the desk, one named function a statement, rows turned into types (`rows.ts`) on the way out.
 * Times are seconds except `due`, `since` and `sent_at` (milliseconds). Every query that runs on a publish
 * goes by an index, so that its cost does not grow with the archive.
 */
import { archiveKey, type Channel, CORRECTIONS, channelKey, parseChannelKey } from '../channel.ts'
import { foldCode } from '../code.ts'
import { omissionsOf } from '../misspelt.ts'
import { type Group, groupOf, linkTarget } from '../wire.ts'
import { checkPages, migrate } from './migrations.ts'
import { longestWait, type OutboxRow } from './outbox.ts'
import type {
  AuditRow,
  ChannelRow,
  CodeRow,
  Counts,
  DocumentEntry,
  MembershipRow,
  PageLink,
} from './records.ts'
import {
  ARTICLE_COLUMNS,
  type ArticleRow,
  CHANNEL_COLUMNS,
  CODE_LINK_COLUMNS,
  type DocumentRow,
  type HeldCode,
  type HeldCodeRow,
  type KeptArticle,
  type KnownCode,
  type KnownCodeRow,
  LINK_CHANGES,
  LINK_COLUMNS,
  LISTED,
  type LinkRow,
  type ListedChannelRow,
  MEMBERSHIP_COLUMNS,
  type MembershipColumns,
  type MissRow,
  MONTH_AND_ORIGIN,
  type NearRow,
  type NewsRow,
  NOTHING,
  type Owed,
  PRIORITY,
  type Priority,
  type SitemapRow,
  type Sql,
  TEXTLESS_COLUMNS,
  type Transaction,
  toArticle,
  toBindings,
  toHeldCode,
  toKnownCode,
  toLink,
  toLinkBindings,
  toMembership,
  type Value,
} from './rows.ts'

export type {
  DocumentRow,
  HeldCode,
  KeptArticle,
  KnownCode,
  MissRow,
  NearRow,
  Owed,
  Sql,
  Transaction,
} from './rows.ts'
export { PRIORITY } from './rows.ts'

/** Positions in one archive page (RFC 5005; DESIGN: page n holds positions 50(n-1)+1 … 50n). */
export const ARCHIVE_PAGE_LENGTH = 50
/** What the log says of one more code for an article. */
export const ALIAS = 'alias'
/** Links are no documents of an export: when they changed last is each desk's own. */
const NO_LINK = `target NOT LIKE '${linkTarget('')}%'`
/** A row that is due later than `longestWait` of its attempts after the present time, `?1`. */
const WRONG_WAIT = `due > ?1 + max(${longestWait(0)}, min(${longestWait(99)}, 1000 << min(attempts, 20)))`
/** Corrected articles that a subscription document shows although they are old. */
export const CORRECTED_LENGTH = 100

export class Ledger {
  readonly #sql: Sql
  readonly transaction: Transaction

  constructor(sql: Sql, transaction: Transaction) {
    this.#sql = sql
    this.transaction = transaction
  }

  /** Brings the schema up to date. Throws when the ledger's history is not the beginning of ours. */
  migrate(): void {
    migrate(this.#sql, this.transaction)
  }

  /** Throws when the database is damaged. */
  check = (): void => checkPages(this.#sql)

  #all<T = Record<string, unknown>>(query: string, ...bindings: Value[]): T[] {
    return this.#sql.exec(query, ...bindings).toArray() as T[]
  }

  #first<T>(query: string, ...bindings: Value[]): T | undefined {
    return this.#all<T>(query, ...bindings)[0]
  }

  // Settings

  setting(name: string): string | undefined {
    return this.#first<{ value: string }>('SELECT value FROM setting WHERE name = ?', name)?.value
  }

  setSetting(name: string, value: string): void {
    this.#all(
      'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      name,
      value,
    )
  }

  removeSetting(name: string): void {
    this.#all('DELETE FROM setting WHERE name = ?', name)
  }

  // Articles

  article(id: string, knownOnly = false): KeptArticle | undefined {
    const known = knownOnly ? ' AND ever_public = 1' : ''
    const row = this.#first<ArticleRow>(
      `SELECT ${ARTICLE_COLUMNS} FROM article WHERE id = ?${known}`,
      id,
    )
    return row && toArticle(row)
  }

  /** The same without its texts. */
  articleWithoutTexts(id: string): KeptArticle | undefined {
    const query = `SELECT ${TEXTLESS_COLUMNS}, '' AS html FROM article WHERE id = ?`
    const row = this.#first<ArticleRow>(query, id)
    return row && toArticle(row)
  }

  saveArticle(article: KeptArticle): void {
    this.#countInMonth(article.id, -1)
    this.#all(
      `INSERT INTO article (${ARTICLE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, revision = excluded.revision, digest = excluded.digest,
         code = excluded.code, canonical = excluded.canonical, published = excluded.published, updated = excluded.updated,
         ever_public = excluded.ever_public, withdrawn_at = excluded.withdrawn_at,
         withdrawal_reason = excluded.withdrawal_reason, withdrawal_legal = excluded.withdrawal_legal, story = excluded.story, html = excluded.html, source = excluded.source,
         corrections = excluded.corrections`,
      ...toBindings(article),
    )
    this.#countInMonth(article.id, 1)
  }

  /** The article other than `id` that lives at this address and is not withdrawn. */
  holderOfCanonical(canonical: string, id: string): string | undefined {
    return this.#first<{ id: string }>(
      "SELECT id FROM article WHERE canonical = ? AND state <> 'withdrawn' AND id <> ?",
      canonical,
      id,
    )?.id
  }

  /** Embargoed articles whose time has come, the earliest first. */
  dueEmbargoes(now: number, limit: number): KeptArticle[] {
    return this.#all<ArticleRow>(
      `SELECT ${ARTICLE_COLUMNS} FROM article WHERE state = 'embargoed' AND published <= ? ORDER BY published, id LIMIT ?`,
      now,
      limit,
    ).map(toArticle)
  }

  nextEmbargo(): number | undefined {
    return (
      this.#first<{ next: number | null }>(
        "SELECT min(published) AS next FROM article WHERE state = 'embargoed'",
      )?.next ?? undefined
    )
  }

  /** One page of all articles without their texts, newest first; `after` is the last of the page before. */
  listArticles(after: { published: number; id: string } | undefined, limit: number): KeptArticle[] {
    const from = after ?? { published: Number.MAX_SAFE_INTEGER, id: '' }
    return this.#all<ArticleRow>(
      `SELECT ${TEXTLESS_COLUMNS}, '' AS html FROM article
       WHERE published <= ?1 AND (published < ?1 OR id > ?2) ORDER BY published DESC, id LIMIT ?3`,
      from.published,
      from.id,
      limit,
    ).map(toArticle)
  }

  /** Ids after one, in order, of all that the outside world has known. */
  knownIds(after: string, limit: number): string[] {
    return this.#all<{ id: string }>(
      'SELECT id FROM article WHERE id > ? AND ever_public = 1 ORDER BY id LIMIT ?',
      after,
      limit,
    ).map(({ id }) => id)
  }

  // Codes

  /** All codes with this folded form, in order: whose each is, or the page that it leads to. */
  codesAt(folded: string): HeldCode[] {
    const query = `SELECT article, ${LINK_COLUMNS} FROM code WHERE folded = ? ORDER BY code`
    return this.#all<HeldCodeRow>(query, folded).map(toHeldCode)
  }

  /** The same of one code alone. */
  holderOf(code: string): HeldCode | undefined {
    return this.codesAt(foldCode(code)).find((held) => held.code === code)
  }

  /** Whether an article or a page has a code with this folded form, or ever had. */
  foldedCodeExists(folded: string): boolean {
    return this.#first('SELECT 1 AS found FROM code WHERE folded = ?', folded) !== undefined
  }

  saveCode(code: string, article: string): void {
    this.#forgetMiss(code)
    this.#all(
      'INSERT OR IGNORE INTO code (folded, code, article) VALUES (?, ?, ?)',
      foldCode(code),
      code,
      article,
    )
  }

  /**
   * A code of an article can be near to others, and is no longer missed, once the outside world has known the article. An
   * embargoed one has nothing here that could be found: an unknown code must take as long (RULES L-08).
   */
  openCode(folded: string, article: string): void {
    this.#forgetMiss(folded)
    this.#all(
      `INSERT OR IGNORE INTO omission (form, folded) SELECT value, ?1 FROM json_each(?2)
       WHERE EXISTS (SELECT 1 FROM article WHERE id = ?3 AND ever_public = 1)`,
      folded,
      JSON.stringify(omissionsOf(folded)),
      article,
    )
  }

  /** The same of all codes of an article. */
  openCodesOf(article: string): void {
    for (const folded of this.foldedCodesOf(article)) this.openCode(folded, article)
  }

  /**
   * Folded codes of articles, in no order: those of `forms` that there are, and all that are one of `omitted` or are one with
   * a character more. Looks only at those, however many codes there are.
   */
  foldedCodesNear(forms: readonly string[], omitted: readonly string[]): string[] {
    return this.#all<{ folded: string }>(
      `SELECT code.folded FROM json_each(?) AS given
       CROSS JOIN code ON code.folded = given.value AND code.article IS NOT NULL
       UNION SELECT near.folded FROM json_each(?) AS given CROSS JOIN omission AS near ON near.form = given.value`,
      JSON.stringify(forms),
      JSON.stringify(omitted),
    ).map(({ folded }) => folded)
  }

  foldedCodesOf(article: string): string[] {
    return this.#all<{ folded: string }>(
      'SELECT DISTINCT folded FROM code WHERE article = ? ORDER BY folded',
      article,
    ).map(({ folded }) => folded)
  }

  /** The codes with this folded form that lead to a page, or whose article the outside world has known, in order. */
  knownCodes(folded: string): (KnownCode | PageLink)[] {
    return this.#all<KnownCodeRow>(
      `SELECT ${CODE_LINK_COLUMNS}, article.id, article.state, article.canonical,
         article.withdrawn_at AS withdrawnAt, article.withdrawal_legal AS legal
       FROM code LEFT JOIN article ON article.id = code.article AND article.ever_public = 1
       WHERE code.folded = ? AND (code.url IS NOT NULL OR article.id IS NOT NULL) ORDER BY code.code`,
      folded,
    ).map(toKnownCode)
  }

  /**
   * Public articles that have one of these folded codes, in the order of the codes and then the newest first, each once. Looks
   * at the codes given, however many there are in the ledger.
   */
  publicArticlesAt(folded: readonly string[], limit: number): NearRow[] {
    return this.#all<NearRow & { rank: number }>(
      `SELECT min(given.key) AS rank, code.code, article.id, article.story ->> '$.title' AS title,
         article.story ->> '$.language' AS language
       FROM json_each(?) AS given
       CROSS JOIN code ON code.folded = given.value
       CROSS JOIN article ON article.id = code.article AND article.state = 'public'
       GROUP BY article.id ORDER BY rank, article.published DESC, article.id LIMIT ?`,
      JSON.stringify(folded),
      limit,
    ).map(({ rank: _, ...row }) => row)
  }

  // Links to pages that are no articles

  /** A code that is an article's stays so. */
  saveLink(link: PageLink): void {
    this.#forgetMiss(link.code)
    this.#all(
      `INSERT INTO code (folded, ${LINK_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (folded, code) DO UPDATE SET ${LINK_CHANGES} WHERE article IS NULL`,
      foldCode(link.code),
      ...toLinkBindings(link),
    )
  }

  /** Of a code that becomes an article's. */
  forgetLink(code: string): void {
    const query = 'DELETE FROM code WHERE folded = ? AND code = ? AND article IS NULL'
    this.#all(query, foldCode(code), code)
  }

  /** Links after a code, in order. */
  links(after: string, limit: number): PageLink[] {
    const query = `SELECT ${LINK_COLUMNS} FROM code WHERE code > ? AND url IS NOT NULL
       ORDER BY code LIMIT ?`
    return this.#all<LinkRow>(query, after, limit).map(toLink)
  }

  /** Links that changed after a change, in the order of their last ones. */
  linksChangedAfter(change: number, limit: number): PageLink[] {
    const query = `SELECT ${LINK_COLUMNS} FROM code WHERE change > ? ORDER BY change LIMIT ?`
    return this.#all<LinkRow>(query, change, limit).map(toLink)
  }

  /** Codes after one, in order, of articles and pages. */
  allCodes(after: string, limit: number): string[] {
    return this.#all<{ code: string }>(
      `SELECT code FROM (
         SELECT code FROM code WHERE code > ?1 AND article IS NOT NULL ORDER BY code LIMIT ?2)
       UNION ALL SELECT code FROM (
         SELECT code FROM code WHERE code > ?1 AND url IS NOT NULL ORDER BY code LIMIT ?2)
       ORDER BY code LIMIT ?2`,
      after,
      limit,
    ).map(({ code }) => code)
  }

  // Codes that were asked for and are none

  /**
   * Counts an unknown code, and keeps `keep` of them: the one that was asked for least, and longest ago, gives way. `day`
   * such as 2026-11-25; those last asked for before `since` are forgotten.
   */
  countMiss(folded: string, day: string, since: string, keep: number): void {
    this.#all('DELETE FROM miss WHERE day < ?', since)
    const counted = this.#all(
      'UPDATE miss SET asked = asked + 1, day = ? WHERE code = ? RETURNING code',
      day,
      folded,
    )
    if (counted.length > 0) return
    this.#all(
      `DELETE FROM miss WHERE code IN (SELECT code FROM miss ORDER BY asked, day, code
         LIMIT max(0, (SELECT count(*) FROM miss) - ? + 1))`,
      keep,
    )
    this.#all('INSERT INTO miss (code, asked, day) VALUES (?, 1, ?)', folded, day)
  }

  /** The unknown codes that were asked for most, those asked for last first among equals. */
  misses(limit: number): MissRow[] {
    const query = 'SELECT code, asked, day FROM miss ORDER BY asked DESC, day DESC, code LIMIT ?'
    return this.#all(query, limit)
  }

  /** It is a code now. */
  #forgetMiss(code: string): void {
    this.#all('DELETE FROM miss WHERE code = ?', foldCode(code))
  }

  // Channels and membership

  channelTitle(channel: Channel): string | undefined {
    return this.#first<{ title: string }>(
      'SELECT title FROM channel WHERE key = ?',
      channelKey(channel),
    )?.title
  }

  channelsOfArticle(article: string): Channel[] {
    return this.#all<{ channel: string }>(
      'SELECT channel FROM membership WHERE article = ? AND left_at IS NULL ORDER BY channel',
      article,
    ).flatMap(({ channel }) => parseChannelKey(channel) ?? [])
  }

  /** Channels that the article was a member of and is no longer. */
  channelsLeftBy(article: string): Channel[] {
    return this.#all<{ channel: string }>(
      'SELECT DISTINCT channel FROM membership WHERE article = ? AND left_at IS NOT NULL ORDER BY channel',
      article,
    ).flatMap(({ channel }) => parseChannelKey(channel) ?? [])
  }

  /** Appends the article to the channels, in each at its next position; the first title given stays. */
  join(channels: { channel: Channel; title: string }[], article: string, published: number): void {
    const given = JSON.stringify(channels.map(({ channel, title }) => [channelKey(channel), title]))
    this.#all(
      `INSERT INTO channel (key, title, last_position, members)
       SELECT value ->> 0, value ->> 1, 1, 1 FROM json_each(?) WHERE true
       ON CONFLICT (key) DO UPDATE SET last_position = last_position + 1, members = members + 1`,
      given,
    )
    this.#all(
      `INSERT INTO membership (channel, position, article, published)
       SELECT channel.key, channel.last_position, ?, ? FROM json_each(?) AS given
       CROSS JOIN channel ON channel.key = given.value ->> 0`,
      article,
      published,
      given,
    )
  }

  /** Takes a member out of the channel and leaves a hole at its position. */
  leave(channel: Channel, article: string, now: number): void {
    const key = channelKey(channel)
    this.#all(
      'UPDATE membership SET left_at = ? WHERE article = ? AND channel = ? AND left_at IS NULL',
      now,
      article,
      key,
    )
    this.#all('UPDATE channel SET members = members - 1 WHERE key = ?', key)
  }

  /** Not in the channel of corrections, whose members have the times of their corrections. */
  setMembershipPublished(article: string, published: number): void {
    this.#all(
      `UPDATE membership SET published = ? WHERE article = ? AND left_at IS NULL
         AND channel <> '${channelKey(CORRECTIONS)}'`,
      published,
      article,
    )
  }

  /**
   * What a subscription document shows: the newest `length`, all that are in no complete archive page, and the newest
   * `CORRECTED_LENGTH` of those that were corrected after `correctedAfter`. Newest first; in the channel of corrections
   * by the last correction. Texts are left out (empty) once those before add up to `textLimit` characters: no document
   * shows more of them. Looks at the corrections since then, whatever the channel, and not at the archive.
   */
  subscription(
    channel: Channel,
    length: number,
    textLimit: number,
    correctedAfter = Number.MAX_SAFE_INTEGER,
  ): KeptArticle[] {
    const key = channelKey(channel)
    const corrections = channelKey(CORRECTIONS)
    const order = `${key === corrections ? 'shown.published' : 'article.published'} DESC, id`
    return this.#all<ArticleRow>(
      `SELECT ${TEXTLESS_COLUMNS.replace('published', 'article.published')}, CASE
         WHEN sum(length(html)) OVER (ORDER BY ${order}) <= ?3 THEN html ELSE '' END AS html
       FROM (
         SELECT article, published FROM (
           SELECT article, published FROM membership WHERE channel = ?1 AND left_at IS NULL
           ORDER BY published DESC, article LIMIT ?2)
         UNION
         SELECT article, published FROM membership WHERE channel = ?1 AND left_at IS NULL AND position > (
           SELECT last_position - last_position % ${ARCHIVE_PAGE_LENGTH} FROM channel WHERE key = ?1)
         UNION
         SELECT article, published FROM (
           SELECT own.article, own.published FROM membership AS corrected
           CROSS JOIN membership AS own ON own.article = corrected.article AND own.channel = ?1 AND own.left_at IS NULL
           WHERE corrected.channel = '${corrections}' AND corrected.left_at IS NULL AND corrected.published > ?4
           ORDER BY corrected.published DESC, corrected.article LIMIT ${CORRECTED_LENGTH})
       ) AS shown CROSS JOIN article ON article.id = shown.article ORDER BY ${order}`,
      key,
      length,
      textLimit,
      correctedAfter,
    ).map(toArticle)
  }

  /**
   * Articles withdrawn after a time, without their texts, that ever were members of the channel; the last first. Looks at
   * the withdrawals since then, whatever the channel, and not at the archive.
   */
  withdrawnFrom(channel: Channel, after: number, limit: number): KeptArticle[] {
    return this.#all<ArticleRow>(
      `SELECT ${TEXTLESS_COLUMNS}, '' AS html FROM article
       WHERE state = 'withdrawn' AND ever_public = 1 AND withdrawn_at > ? AND EXISTS (
         SELECT 1 FROM membership WHERE article = article.id AND left_at IS NOT NULL AND channel = ?)
       ORDER BY withdrawn_at DESC, id LIMIT ?`,
      after,
      channelKey(channel),
      limit,
    ).map(toArticle)
  }

  // What crawlers find

  /** Adds to the articles of its month when the article is one that a sitemap can name. */
  #countInMonth(id: string, by: 1 | -1): void {
    this.#all(
      `INSERT INTO month (month, origin, articles)
       SELECT month, origin, ?2 FROM (
         SELECT ${MONTH_AND_ORIGIN} FROM article WHERE id = ?1 AND state = 'public')
       WHERE origin IS NOT NULL
       ON CONFLICT (month, origin) DO UPDATE SET articles = articles + excluded.articles`,
      id,
      by,
    )
  }

  /** How many articles of each month sitemaps can name follows from what came. Looks at every article there is. */
  countMonths(): void {
    this.#all('DELETE FROM month')
    this.#all(
      `INSERT INTO month (month, origin, articles)
       SELECT month, origin, count(*) FROM (
         SELECT ${MONTH_AND_ORIGIN} FROM article WHERE state = 'public')
       WHERE origin IS NOT NULL GROUP BY month, origin`,
    )
  }

  /** Months that have articles at home here or at this origin, the newest first, with how many. */
  sitemapMonths(origin: string): { month: string; articles: number }[] {
    return this.#all(
      `SELECT month, sum(articles) AS articles FROM month WHERE origin IN ('', ?)
       GROUP BY month HAVING sum(articles) > 0 ORDER BY month DESC`,
      origin,
    )
  }

  /** The same of one month. */
  articlesInMonth(origin: string, month: string): number {
    const query =
      "SELECT sum(articles) AS articles FROM month WHERE month = ? AND origin IN ('', ?)"
    return this.#first<{ articles: number | null }>(query, month, origin)?.articles ?? 0
  }

  /** Public articles published in a span (`to` is not in it), the oldest first, from the one after `offset`. */
  sitemapArticles(
    origin: string,
    { from, to }: { from: number; to: number },
    offset: number,
    limit: number,
  ): SitemapRow[] {
    return this.#all(
      `SELECT id, canonical, updated FROM article
       WHERE published >= ?2 AND published < ?3 AND ${LISTED}
       ORDER BY published, id DESC LIMIT ?4 OFFSET ?5`,
      origin,
      from,
      to,
      limit,
      offset,
    )
  }

  /** Public articles published after a second, and not after `now`, the newest first. */
  newsSince(origin: string, after: number, now: number, limit: number): NewsRow[] {
    return this.#all(
      `SELECT id, canonical, published, story ->> '$.title' AS title, story ->> '$.language' AS language
       FROM article WHERE published > ?2 AND published <= ?3 AND ${LISTED}
       ORDER BY published DESC, id LIMIT ?4`,
      origin,
      after,
      now,
      limit,
    )
  }

  /** Channels that have members, those with most first. */
  channelsByMembers(limit: number): ListedChannelRow[] {
    return this.#all(
      `SELECT key, title, members, (
         SELECT story ->> '$.language' FROM membership JOIN article ON article.id = membership.article
         WHERE membership.channel = channel.key AND position = 1 AND key <> 'all') AS language
       FROM channel WHERE members > 0 ORDER BY members DESC, key LIMIT ?`,
      limit,
    )
  }

  // Archive pages: positions never change, so neither does what page they are on.

  /** Number of the newest complete archive page of a channel; 0 when there is none. */
  newestArchive(channel: Channel): number {
    return (
      this.#first<{ page: number }>(
        `SELECT last_position / ${ARCHIVE_PAGE_LENGTH} AS page FROM channel WHERE key = ?`,
        channelKey(channel),
      )?.page ?? 0
    )
  }

  /** The members at the positions of an archive page, as a subscription shows them; `textLimit` likewise. */
  archive(channel: Channel, page: number, textLimit: number): KeptArticle[] {
    return this.#all<ArticleRow>(
      `SELECT ${TEXTLESS_COLUMNS}, CASE
         WHEN sum(length(html)) OVER (ORDER BY published DESC, id) <= ?4 THEN html ELSE '' END AS html
       FROM article WHERE id IN (
         SELECT article FROM membership
         WHERE channel = ?1 AND position > ?2 AND position <= ?3 AND left_at IS NULL
       ) ORDER BY published DESC, id`,
      channelKey(channel),
      ARCHIVE_PAGE_LENGTH * (page - 1),
      ARCHIVE_PAGE_LENGTH * page,
      textLimit,
    ).map(toArticle)
  }

  /**
   * The archive pages that a member's positions decide on: those that hold it, and where it is the last of a page, the
   * page before, which links to that one once it is complete.
   */
  archivesAround(article: string): Group[] {
    return this.#all<{ channel: string; position: number }>(
      'SELECT channel, position FROM membership WHERE article = ? AND left_at IS NULL',
      article,
    ).flatMap((row) => {
      const channel = parseChannelKey(row.channel)
      if (!channel) return []
      const page = Math.ceil(row.position / ARCHIVE_PAGE_LENGTH)
      const completes = row.position % ARCHIVE_PAGE_LENGTH === 0 && page > 1
      return [page, ...(completes ? [page - 1] : [])].map((each) => archiveKey(channel, each))
    })
  }

  // Documents

  document(target: string): DocumentRow | undefined {
    return this.#first<DocumentRow>(
      'SELECT target, etag, modified, fingerprint, until, sent, sent_at AS sentAt FROM document WHERE target = ?',
      target,
    )
  }

  /**
   * Keeps what was rendered anew. What was sent before counts no longer, even if the truth comes back to it:
   * a write that seemed to fail, or that nobody waited for to its end, may have put something else in its place.
   */
  saveDocument(
    row: Omit<DocumentRow, 'until' | 'sent' | 'sentAt'> & { until?: number | null },
  ): void {
    this.#all(
      `INSERT INTO document (target, channel, etag, modified, fingerprint, until) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (target) DO UPDATE SET etag = excluded.etag, modified = excluded.modified,
         fingerprint = excluded.fingerprint, until = excluded.until, sent = NULL`,
      row.target,
      groupOf(row.target) ?? null,
      row.etag,
      row.modified,
      row.fingerprint,
      row.until ?? null,
    )
  }

  setUntil(target: string, until: number | null): void {
    this.#all('UPDATE document SET until = ? WHERE target = ?', until, target)
  }

  /** Documents that have become others by the clock alone; each is told once, and must be rendered then. */
  takeEnded(now: number, limit: number): string[] {
    return this.#all<{ target: string }>(
      `UPDATE document SET until = NULL WHERE target IN (
         SELECT target FROM document WHERE until <= ? ORDER BY until LIMIT ?) RETURNING target`,
      now,
      limit,
    ).map(({ target }) => target)
  }

  /** When the next document becomes another by the clock alone, in seconds. */
  nextEnd(): number | undefined {
    const query = 'SELECT min(until) AS next FROM document WHERE until IS NOT NULL'
    return this.#first<{ next: number | null }>(query)?.next ?? undefined
  }

  /** Notes what was sent for an outbox row, unless a later change or a rebuild has woken the row meanwhile. */
  markSent({ target, sequence }: OutboxRow, fingerprint: string, at: number): void {
    this.#all(
      `UPDATE document SET sent = ?, sent_at = ? WHERE target = ?3
         AND EXISTS (SELECT 1 FROM outbox WHERE target = ?3 AND sequence = ?4)`,
      fingerprint,
      at,
      target,
      sequence,
    )
  }

  /** Forgets that these were sent, so that the next drain writes them whatever it finds. */
  markUnsent(target: string): void {
    this.#all('UPDATE document SET sent = NULL WHERE target = ?', target)
  }

  /** Targets of the kept documents of groups; a channel's key names its group. */
  documentsOf(groups: Group[]): string[] {
    return this.#all<{ target: string }>(
      `SELECT document.target FROM json_each(?) AS given
       CROSS JOIN document ON document.channel = given.value`,
      JSON.stringify(groups),
    ).map(({ target }) => target)
  }

  /** Targets of kept documents after one, in order. */
  documentTargets(after: string, limit: number): string[] {
    return this.#all<{ target: string }>(
      'SELECT target FROM document WHERE target > ? AND channel IS NOT NULL ORDER BY target LIMIT ?',
      after,
      limit,
    ).map(({ target }) => target)
  }

  // Editions: what feed documents showed before

  /** Those rendered after a second, the newest first. */
  editions(
    target: string,
    after: number,
    limit: number,
  ): { modified: number; etag: string; shown: string }[] {
    const query = `SELECT modified, etag, shown FROM edition WHERE target = ? AND modified > ?
       ORDER BY modified DESC LIMIT ?`
    return this.#all(query, target, after, limit)
  }

  saveEdition(edition: { target: string; modified: number; etag: string; shown: string }): void {
    this.#put('edition', edition)
  }

  /** Forgets those of that second and before, and all but the newest. */
  forgetEditions(target: string, before: number, keep: number): void {
    this.#all(
      `DELETE FROM edition WHERE target = ?1 AND modified <= max(?2, coalesce(
         (SELECT modified FROM edition WHERE target = ?1 ORDER BY modified DESC LIMIT 1 OFFSET ?3), ?2))`,
      target,
      before,
      keep,
    )
  }

  /** Forgets all: other settings or renderers give the same pieces other bytes. */
  forgetAllEditions(): void {
    this.#all('DELETE FROM edition')
  }

  /** The number of the last change of each article that readers of a feed could see: another code is none. */
  lastChanges(ids: string[]): Map<string, number> {
    const rows = this.#all<{ id: string; change: number | null }>(
      `SELECT value AS id, (SELECT change FROM audit WHERE article = value AND action <> '${ALIAS}'
         ORDER BY revision DESC LIMIT 1) AS change FROM json_each(?)`,
      JSON.stringify(ids),
    )
    return new Map(rows.map(({ id, change }) => [id, change ?? 0]))
  }

  /** The article of each change, and whether it is a member of the channel today. */
  fatesOf(changes: number[], channel: Channel): Map<number, { article: string; member: boolean }> {
    const rows = this.#all<{ change: number; article: string; member: number }>(
      `SELECT audit.change, audit.article, EXISTS (SELECT 1 FROM membership
         WHERE membership.article = audit.article AND channel = ?2 AND left_at IS NULL) AS member
       FROM json_each(?1) AS given CROSS JOIN audit ON audit.change = given.value`,
      JSON.stringify(changes),
      channelKey(channel),
    )
    return new Map(
      rows.map(({ change, article, member }) => [change, { article, member: member === 1 }]),
    )
  }

  // Outbox

  /** Counts changes; every outbox row carries the number of the change that woke it. */
  nextSequence(): number {
    return Number(
      this.#first<{ value: string }>(
        `INSERT INTO setting (name, value) VALUES ('sequence', '1')
         ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) RETURNING value`,
      )?.value,
    )
  }

  /** Owes the targets to the world, due at `due`; a row that is there is woken, and tries again as early as either says. */
  oweAll(
    targets: string[],
    sequence: number,
    due: number,
    priority: Priority = PRIORITY.news,
  ): void {
    this.#all(
      `INSERT INTO outbox (target, sequence, attempts, due, since, priority)
       SELECT value, ?1, 0, ?2, ?2, ?3 FROM json_each(?4) WHERE true
       ON CONFLICT (target) DO UPDATE SET sequence = excluded.sequence, attempts = 0,
         since = CASE WHEN excluded.priority < priority THEN excluded.since ELSE since END,
         due = min(due, excluded.due), priority = min(priority, excluded.priority)`,
      sequence,
      due,
      priority,
      JSON.stringify(targets),
    )
  }

  owe(target: string, sequence: number, due: number, priority?: Priority): void {
    this.oweAll([target], sequence, due, priority)
  }

  /** Rows that are due, news first; the backlog only when it has its turn. */
  dueRows(
    now: number,
    limit: number,
    except: ReadonlySet<string>,
    backlogToo: boolean,
  ): OutboxRow[] {
    const rows: OutboxRow[] = []
    for (const priority of backlogToo ? [PRIORITY.news, PRIORITY.backlog] : [PRIORITY.news]) {
      if (rows.length >= limit) break
      const due = this.#all<OutboxRow>(
        `SELECT target, sequence, attempts, due FROM outbox WHERE priority = ? AND due <= ?
         ORDER BY due, sequence, target LIMIT ?`,
        priority,
        now,
        limit - rows.length + except.size,
      )
      rows.push(...due.filter(({ target }) => !except.has(target)))
    }
    return rows.slice(0, limit)
  }

  /** When the next row of a priority falls due that is not due at this time, in milliseconds. */
  nextDue(priority: Priority, after: number): number | undefined {
    return (
      this.#first<{ next: number | null }>(
        'SELECT min(due) AS next FROM outbox WHERE priority = ? AND due > ?',
        priority,
        after,
      )?.next ?? undefined
    )
  }

  /** Deletes the row unless a later change has woken it; tells when it is due again if it stays. */
  settleRow(row: OutboxRow, due: number): number | undefined {
    this.#all('DELETE FROM outbox WHERE target = ? AND sequence = ?', row.target, row.sequence)
    return this.#first<{ due: number }>(
      `UPDATE outbox SET due = max(due, ?1), since = max(since, ?1), attempts = 0, error = NULL
       WHERE target = ?2 RETURNING due`,
      due,
      row.target,
    )?.due
  }

  postponeRow(row: OutboxRow, due: number, error: string | undefined): void {
    // A change that woke the row meanwhile does not wait for the old one's back-off.
    const later = 'UPDATE outbox SET due = CASE WHEN sequence = ?1 THEN ?2 ELSE due END'
    const failed = error === undefined ? '' : ', attempts = attempts + 1, error = ?4'
    const bindings = [row.sequence, due, row.target, ...(error === undefined ? [] : [error])]
    this.#all(`${later}${failed} WHERE target = ?3`, ...bindings)
  }

  /** Makes rows due at `now` whose wait is longer than `longestWait`. Writes only where there are any. */
  endWrongWaits(now: number): void {
    const wrong = `priority IN (${Object.values(PRIORITY)}) AND due > ?1 + ${longestWait(0)} AND ${WRONG_WAIT}`
    if (this.#first(`SELECT 1 AS found FROM outbox WHERE ${wrong} LIMIT 1`, now))
      this.#all(`UPDATE outbox SET due = ?1, since = min(since, ?1) WHERE ${wrong}`, now)
  }

  owed(now: number): Owed {
    const row = this.#first<Owed>(
      `SELECT count(*) AS rows, count(*) FILTER (WHERE priority > 0) AS backlog,
         min(since) FILTER (WHERE priority = 0) AS oldestSince,
         count(*) FILTER (WHERE error IS NOT NULL OR ${WRONG_WAIT}) AS failing FROM outbox`,
      now,
    )
    return row ?? { rows: 0, backlog: 0, oldestSince: null, failing: 0 }
  }

  isOwed(target: string): boolean {
    return this.#first('SELECT 1 AS found FROM outbox WHERE target = ?', target) !== undefined
  }

  /** Append-only: what changed, when, from what; never who. */
  audit(change: number, at: number, article: KeptArticle, action: string): void {
    this.#all(
      'INSERT INTO audit (change, at, article, action, revision, digest) VALUES (?, ?, ?, ?, ?, ?)',
      change,
      at,
      article.id,
      action,
      article.revision,
      article.digest,
    )
  }

  // Export: rows after one, in the order of their keys.

  articleIds(after: string, limit: number): string[] {
    const query = 'SELECT id FROM article WHERE id > ? ORDER BY id LIMIT ?'
    return this.#all<{ id: string }>(query, after, limit).map(({ id }) => id)
  }

  codes(after: string, limit: number): CodeRow[] {
    const query = `SELECT code, article FROM code WHERE code > ? AND article IS NOT NULL
       ORDER BY code LIMIT ?`
    return this.#all(query, after, limit)
  }

  codesOf(article: string): CodeRow[] {
    return this.#all('SELECT code, article FROM code WHERE article = ? ORDER BY code', article)
  }

  channels(after: string, limit: number): ChannelRow[] {
    const query = `SELECT ${CHANNEL_COLUMNS} FROM channel WHERE key > ? ORDER BY key LIMIT ?`
    return this.#all(query, after, limit)
  }

  channel(key: string): ChannelRow | undefined {
    return this.#first(`SELECT ${CHANNEL_COLUMNS} FROM channel WHERE key = ?`, key)
  }

  memberships(channel: string, position: number, limit: number): MembershipRow[] {
    const query = `SELECT ${MEMBERSHIP_COLUMNS} FROM membership WHERE (channel, position) > (?, ?)
       ORDER BY channel, position LIMIT ?`
    return this.#all<MembershipColumns>(query, channel, position, limit).map(toMembership)
  }

  /** All of an article's, holes first. */
  membershipsOf(article: string): MembershipRow[] {
    const query = `SELECT ${MEMBERSHIP_COLUMNS} FROM membership WHERE article = ?1 AND left_at IS NOT NULL
       UNION ALL SELECT ${MEMBERSHIP_COLUMNS} FROM membership WHERE article = ?1 AND left_at IS NULL`
    return this.#all<MembershipColumns>(query, article).map(toMembership)
  }

  /** Those last modified in that second or later. Looks at every document there is: for an export only. */
  documents(after: string, since: number, limit: number): DocumentEntry[] {
    const query = `SELECT target, etag, modified, fingerprint FROM document
       WHERE target > ? AND modified >= ? AND ${NO_LINK} ORDER BY target LIMIT ?`
    return this.#all(query, after, Math.max(1, since), limit)
  }

  changes(after: number, limit: number): AuditRow[] {
    const query = `SELECT change, at, article, action, revision, digest FROM audit WHERE change > ?
       ORDER BY change LIMIT ?`
    return this.#all(query, after, limit)
  }

  lastChange(): number {
    const query = `SELECT max(coalesce((SELECT max(change) FROM audit), 0),
       coalesce((SELECT max(change) FROM code WHERE change IS NOT NULL), 0)) AS last`
    return this.#first<{ last: number }>(query)?.last ?? 0
  }

  counts(): Counts {
    const query = `SELECT (SELECT count(*) FROM article) AS article,
       (SELECT count(article) FROM code) AS code, (SELECT count(url) FROM code) AS link,
       (SELECT count(*) FROM channel) AS channel, (SELECT count(*) FROM membership) AS membership,
       (SELECT count(*) FROM audit) AS audit, count(*) AS document
       FROM document WHERE modified > 0 AND ${NO_LINK}`
    return this.#first<Counts>(query) ?? NOTHING
  }

  // Import: rows as they come. A later one overrules, and takes away one of another key that cannot stand beside
  // it: the article whose address another has now, or that joined again, changed since and is told again.

  /** Empties everything but the settings. */
  clear(): void {
    const counted = Object.keys(NOTHING).filter((kind) => kind !== 'link')
    for (const table of [...counted, 'omission', 'month', 'edition', 'miss', 'outbox'])
      this.#all(`DELETE FROM ${table}`)
  }

  #put(table: string, row: Record<string, Value>): void {
    const values = Object.values(row)
    this.#all(
      `INSERT OR REPLACE INTO ${table} (${Object.keys(row).join()}) VALUES (${values.map(() => '?').join()})`,
      ...values,
    )
  }

  importArticle(article: KeptArticle): void {
    const values = toBindings(article)
    const row = ARTICLE_COLUMNS.split(', ').map((name, index) => [name, values[index] ?? null])
    this.#put('article', Object.fromEntries(row))
  }

  importChannel({ key, title, positions }: ChannelRow): void {
    this.#put('channel', { key, title, last_position: positions })
  }

  importMembership({ channel, position, article, published, left }: MembershipRow): void {
    this.#put('membership', { channel, position, article, published, left_at: left ?? null })
  }

  importChange({ change, at, article, action, revision, digest }: AuditRow): void {
    this.#put('audit', { change, at, article, action, revision, digest })
  }

  /** How many members each channel has follows from what came. */
  countMembers(): void {
    this.#all(
      `UPDATE channel SET members =
         (SELECT count(*) FROM membership WHERE membership.channel = channel.key AND left_at IS NULL)`,
    )
  }

  /** Later changes have higher numbers than this one. */
  countFrom(change: number): void {
    if (Number(this.setting('sequence') ?? 0) < change) this.setSetting('sequence', String(change))
  }
}
