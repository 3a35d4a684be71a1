/** Compares the destination of every code with a plain model, whatever editors do. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { findLink, findSimilarCodes } from '../../src/desk/linking.ts'
import { type LinkAnswer, resolveLink } from '../../src/model/link.ts'
import { listSimilarForms } from '../../src/model/similar-codes.ts'
import { linkTarget } from '../../src/wire/targets.ts'
import { openDesk, PUBLICATION, START, type TestDesk } from '../support/drafts.ts'
import { runs } from '../support/runs.ts'

const SITE = 'https://news.example'
const CODES = ['tour', 'Tour', 'TOUR', 'shop', 'Shop', '__proto__', 'api', 'shit', 'search']
const IDS = ['a', 'b', 'c']
const CANONICAL_URLS = [`${SITE}/home/1`, `${SITE}/home/2`]
const URLS = [
  `${SITE}/about`,
  `${SITE}/shop`,
  ...CANONICAL_URLS,
  ...IDS.map((id) => `${SITE}/articles/${id}`),
]

type Destination = { url: string } | { article: string }
type Edit =
  | {
      do: 'put' | 'import'
      code: string
      to: Destination
      title?: string
      ends?: number
      republish: boolean
    }
  | { do: 'remove'; code: string; legal?: string }
  | { do: 'publish'; id: string; code?: string; canonical?: string | null; delay: number }
  | { do: 'withdraw'; id: string; legal?: string }
  | { do: 'pass'; seconds: number }

const code = fc.constantFrom(...CODES)
const id = fc.constantFrom(...IDS)
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        do: fc.constantFrom('put' as const, 'put' as const, 'import' as const),
        code,
        to: fc.oneof(
          fc.constantFrom(...URLS).map((url) => ({ url })),
          id.map((article) => ({ article })),
        ),
        title: fc.constantFrom('One', 'Two'),
        ends: fc.constantFrom(-5, 0, 5, 500),
        republish: fc.boolean(),
      },
      { requiredKeys: ['do', 'code', 'to', 'republish'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      { do: fc.constant('remove' as const), code, legal: fc.constantFrom('A court', 'A law') },
      { requiredKeys: ['do', 'code'] },
    ),
  },
  {
    weight: 4,
    arbitrary: fc.record(
      {
        do: fc.constant('publish' as const),
        id,
        code: fc.constantFrom('tour', 'Tour', 'shop', 'own'),
        canonical: fc.constantFrom(...CANONICAL_URLS, null),
        delay: fc.constantFrom(0, 0, 0, 60),
      },
      { requiredKeys: ['do', 'id', 'delay'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      { do: fc.constant('withdraw' as const), id, legal: fc.constant('A court') },
      { requiredKeys: ['do', 'id'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.constantFrom(1, 30, 90) }),
  },
)

type Page = { url: string; title?: string; made: number; until?: number }
type Removal = { when: number; legal?: string }
type Holder = { article: string } | { page: Page; gone?: Removal }
/** A plain model of the rules for codes, and of the states of articles. */
class Model {
  readonly holders = new Map<string, Holder>()
  readonly articles = new Map<
    string,
    {
      state: 'embargoed' | 'public' | 'withdrawn'
      everPublic: boolean
      canonical?: string
      gone?: Removal
    }
  >()

  articleOf(to: Destination): string | undefined {
    if ('article' in to) return to.article
    const page = IDS.find((each) => to.url === `${SITE}/articles/${each}`)
    const article = [...this.articles].find(
      ([, { state, canonical }]) => state !== 'withdrawn' && canonical === to.url,
    )
    return page ?? article?.[0]
  }

  /** Assigns a code. Returns the reason of a refusal, or whether anything changed. */
  assign(next: Extract<Edit, { to: Destination }>, now: number): string | boolean {
    const holder = this.holders.get(next.code)
    const until = next.ends === undefined ? undefined : now + next.ends
    if (next.do === 'put') {
      if (!holder && next.code === 'shit') return 'invalid'
      if (until !== undefined && until <= now) return 'invalid'
    } else if (holder && 'page' in holder) {
      if (holder.gone) return 'link-removed'
      return 'url' in next.to && next.to.url === holder.page.url ? false : 'link-taken'
    }
    const article = this.articleOf(next.to)
    if (article !== undefined && !this.articles.has(article)) return 'invalid'
    if (holder && 'article' in holder) return holder.article === article ? false : 'link-taken'
    if (!holder && ['api', 'search'].includes(next.code)) return 'invalid'
    if (article !== undefined && until !== undefined) return 'invalid'
    const same = holder && 'url' in next.to && next.to.url === holder.page.url
    if (holder?.gone && !(same && next.republish)) return 'link-removed'
    if (article !== undefined) {
      this.holders.set(next.code, { article })
      return true
    }
    const page: Page = {
      url: 'url' in next.to ? next.to.url : '',
      made: holder?.page.made ?? now,
      ...(next.title !== undefined && { title: next.title }),
      ...(until !== undefined && { until }),
    }
    const changed =
      !holder || holder.gone !== undefined || JSON.stringify(page) !== JSON.stringify(holder.page)
    this.holders.set(next.code, { page })
    return changed
  }

  remove(next: Extract<Edit, { do: 'remove' }>, now: number): string | boolean {
    const holder = this.holders.get(next.code)
    if (!holder) return 'unknown-link'
    if ('article' in holder) return 'link-taken'
    const { legal } = next
    if (holder.gone && (legal === undefined || legal === holder.gone.legal)) return false
    holder.gone = { when: holder.gone?.when ?? now, ...(legal !== undefined && { legal }) }
    return true
  }

  resolve(code: string): LinkAnswer | undefined {
    // The desk lists codes in their order, upper case first.
    const matching = [...this.holders]
      .filter(
        ([each, holder]) =>
          each.toLowerCase() === code.toLowerCase() &&
          ('page' in holder || this.articles.get(holder.article)?.everPublic),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1))
    const exact = matching.find(([each]) => each === code)
    if (exact) return this.#getAnswer(exact[1])
    const answers = matching.map(([, holder]) => this.#getAnswer(holder))
    const areSame = answers.every((each) => 'to' in each && each.to === answers[0]?.to)
    if (answers.length > 1 && !areSame) return undefined
    return answers.find((each) => !('until' in each)) ?? answers[0]
  }

  #getAnswer(holder: Holder): LinkAnswer & { to?: string } {
    if ('page' in holder) {
      if (holder.gone) return { gone: true, page: true, ...holder.gone }
      const { url: to, ...more } = holder.page
      return { to, ...more }
    }
    const article = this.articles.get(holder.article)
    return article?.state === 'withdrawn'
      ? { gone: true, ...article.gone }
      : { to: article?.canonical ?? `${SITE}/articles/${holder.article}`, id: holder.article }
  }
}

function applyEdit(desk: TestDesk, model: Model, next: Edit): void {
  const { now } = desk.clock
  switch (next.do) {
    case 'put':
    case 'import': {
      const { title, ends } = next
      const to = {
        ...next.to,
        ...(title !== undefined && { title }),
        ...(ends !== undefined && { expires: now + ends }),
        // An import cannot restore a removed link.
        ...(next.do === 'put' && { republish: next.republish }),
      }
      const expected = model.assign(next, now)
      const dryRun = next.do === 'import' ? desk.importLink(next.code, to, true) : undefined
      const result =
        next.do === 'put' ? desk.putLink(next.code, to) : desk.importLink(next.code, to)
      expect(result.ok ? result.value.changed : result.failure.reason).toBe(expected)
      if (dryRun?.ok && result.ok) expect(dryRun.value.changed).toBe(result.value.changed)
      else if (dryRun) expect(dryRun).toEqual(result)
      return
    }
    case 'remove': {
      const result = desk.removeLink(next.code, next.legal)
      expect(result.ok ? result.value.changed : result.failure.reason).toBe(model.remove(next, now))
      return
    }
    case 'publish': {
      const { canonical, delay } = next
      const options = {
        republish: true,
        ...(next.code !== undefined && { code: next.code }),
        ...(canonical !== undefined && { canonical }),
        ...(delay > 0 && { published: now + delay }),
      }
      const result = desk.publish(next.id, options)
      const holder = next.code === undefined ? undefined : model.holders.get(next.code)
      const isFree = holder === undefined || ('article' in holder && holder.article === next.id)
      if (!isFree) expect(result.ok).toBe(false)
      if (!result.ok) return
      const { article } = result.value
      model.holders.set(article.code, { article: next.id })
      model.articles.set(next.id, {
        state: article.state,
        everPublic: article.everPublic,
        ...(article.canonical !== undefined && { canonical: article.canonical }),
      })
      return
    }
    case 'withdraw': {
      const result = desk.withdraw(next.id, next.legal === undefined ? {} : { legal: next.legal })
      const article = model.articles.get(next.id)
      expect(result.ok).toBe(article !== undefined)
      if (!result.ok || !article) return
      const { withdrawn } = result.value.article
      article.state = 'withdrawn'
      if (next.legal !== undefined) expect(withdrawn?.legal).toBe(next.legal)
      if (withdrawn)
        article.gone = {
          when: withdrawn.when,
          ...(withdrawn.legal !== undefined && { legal: withdrawn.legal }),
        }
      return
    }
    case 'pass':
      desk.clock.now += next.seconds
      desk.release()
      for (const [each, article] of model.articles)
        if (article.state === 'embargoed' && desk.ledger.findArticle(each)?.state === 'public')
          Object.assign(article, { state: 'public', everPublic: true })
      return
    default:
      next satisfies never
  }
}

/**
 * A random run found this case: if the link of an imported line was removed, that is reported
 * before other faults of the line.
 */
const REMOVED_THEN_IMPORTED: Edit[] = [
  { do: 'put', code: 'tour', to: { url: `${SITE}/about` }, republish: false },
  { do: 'remove', code: 'tour' },
  { do: 'publish', id: 'a', canonical: `${SITE}/home/1`, delay: 0 },
  { do: 'import', code: 'tour', to: { url: `${SITE}/home/1` }, ends: -5, republish: false },
  { do: 'import', code: 'tour', to: { article: 'none' }, republish: false },
]

it('after every random edit each code resolves as in a plain model, and no code moves from one article to another', () => {
  let resolvedCount = 0
  fc.assert(
    fc.property(fc.array(edit, { minLength: 10, maxLength: 40 }), (edits) => {
      const desk = openDesk()
      const model = new Model()
      const articleOfCode = new Map<string, string>()
      for (const next of edits) {
        applyEdit(desk, model, next)
        for (const [each, holder] of model.holders) {
          const link = findLink(desk.ledger, each)
          if ('article' in holder) {
            expect(link).toMatchObject({ article: { id: holder.article } })
            // A code of an article always belongs to the same article.
            expect(articleOfCode.get(each) ?? holder.article).toBe(holder.article)
            articleOfCode.set(each, holder.article)
          } else expect(link).toMatchObject({ page: { url: holder.page.url } })
        }
        for (const code of [...CODES, 'SHOP', 'own']) {
          const target = linkTarget(code.toLowerCase())
          const at = desk.clock.now * 1000
          const rendering = renderTarget(desk.ledger, PUBLICATION, target, at, true)
          if (rendering.kind !== 'content') throw new Error(rendering.kind)
          const { content } = rendering
          const resolved = content.kind === 'link' ? resolveLink(content.record, code) : undefined
          expect(resolved, code).toEqual(model.resolve(code))
          if (resolved) resolvedCount += 1
        }
      }
    }),
    { numRuns: runs(50), examples: [[REMOVED_THEN_IMPORTED]] },
  )
  expect(resolvedCount).toBeGreaterThan(1000)
})

it('findSimilarCodes returns the similar forms that are codes of public articles, in the order of listSimilarForms', () => {
  const similarText = fc.string({ unit: fc.constantFrom(...'ab0orn'), minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(similarText, { maxLength: 30 }), similarText, (codes, typed) => {
      const desk = openDesk()
      for (const [index, each] of codes.entries())
        desk.publish(`n${index % 20}`, {
          code: index % 3 === 0 ? each.toUpperCase() : each,
          ...(index % 7 === 6 && { published: START + 100 }),
        })
      for (const id of ['n1', 'n11']) desk.withdraw(id)
      desk.putLink(`${typed}x`, { url: `${SITE}/about` })
      const expected = desk.ledger.listPublicArticlesByFolded(
        [typed, ...listSimilarForms(typed)],
        3,
      )
      expect(findSimilarCodes(desk.ledger, typed)).toEqual(expected)
    }),
    { numRuns: runs(100) },
  )
})
