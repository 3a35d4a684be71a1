/**
 * Checks deltas: which requests ask for one, how documents are split into pieces, and which older
 * editions can be a base.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recordEdition } from '../../src/desk/documents/editions.ts'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import {
  acceptsDelta,
  buildDelta,
  DELTA_WINDOW,
  formatDeltaNotes,
  parseDeltaNotes,
} from '../../src/feeds/delta.ts'
import { FORMATS, type FormatName } from '../../src/feeds/formats.ts'
import { listPieces } from '../../src/feeds/pieces.ts'
import { ALL_CHANNEL } from '../../src/model/channel.ts'
import { expectOk, openDesk, PUBLICATION, type TestDesk } from '../support/drafts.ts'
import { buildArticle, buildTestFeed, renderTestDocument } from '../support/stories.ts'
import { getOnlyChild, listChildren, parseRoot } from '../support/xml.ts'

describe('D-01, D-02: the A-IM header', () => {
  it.each([
    ['feed', true],
    ['FEED', true],
    [' feed ', true],
    ['feed;q=1', true],
    ['feed; q=0.001', true],
    ['vcdiff, gzip, feed;q=0.5', true],
    ['diffe,feed', true],
    ['feed;q=0', false],
    ['feed;q=0.000', false],
    ['feed;q=2', false],
    ['feed;q=', false],
    ['feed;q=x', false],
    ['vcdiff, gzip', false],
    ['feedback', false],
    ['x;y=feed', false],
    ['identity', false],
    ['', false],
    [undefined, false],
    [null, false],
  ])('%j requests a delta: %s', (header, isAccepted) => {
    expect(acceptsDelta(header)).toBe(isAccepted)
  })
})

/** Texts that look like the boundaries of pieces. A manuscript may contain them anywhere. */
const TRICKY = [
  '</item><item>',
  '<entry></entry>',
  '<at:deleted-entry ref="x"/>',
  ']]><item>',
  '"items":[{"id":"x"},{}]',
  '\\"items\\":[',
  '{[}],"',
]
const readRange = (document: string, [start, end]: [number, number]): string =>
  Buffer.from(document).subarray(start, end).toString()

const LIST_IDS: Readonly<Record<FormatName, (document: string) => string[]>> = {
  rss: (document) =>
    listChildren(getOnlyChild(parseRoot(document), 'channel'), 'item').map(
      (item) => getOnlyChild(item, 'guid').text,
    ),
  atom: (document) =>
    listChildren(parseRoot(document), 'entry').map((entry) => getOnlyChild(entry, 'id').text),
  json: (document) =>
    (JSON.parse(document) as { items: { id: string }[] }).items.map(({ id }) => id),
}

describe('the pieces of a document', () => {
  it('are the byte ranges of its entries, whatever their texts contain', () => {
    const text = fc.array(fc.constantFrom(...TRICKY, 'a', 'é', 'خبر', '🚀', ' '), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 4 }),
        fc.constantFrom(...FORMATS),
        (texts, format) => {
          const articles = texts.map((parts, index) =>
            buildArticle({
              id: `s${index}`,
              title: `T ${parts.join('')}`,
              html: `<p>${parts.join('').replaceAll('<', '&lt;')}</p>`,
              tags: ['x'],
            }),
          )
          const document = renderTestDocument(format.name, articles)
          const pieces = listPieces(format.name, document)
          expect(pieces).toHaveLength(texts.length)
          for (const [index, span] of pieces.entries()) {
            const piece = readRange(document, span)
            expect(piece).toContain(`:s${index}`)
            if (format.name === 'json') expect(JSON.parse(piece)).toHaveProperty('id')
            else expect(piece).toMatch(/^<(?:item|entry)[\s>][\s\S]*<\/(?:item|entry)>$/)
          }
        },
      ),
    )
  })

  it('that a delta omits are missing from it, and the rest is a complete document', async () => {
    const articles = ['a', 'b', 'c'].map((id) => buildArticle({ id, title: TRICKY.join(' ') }))
    for (const { name } of FORMATS) {
      const document = renderTestDocument(name, articles)
      const ids = LIST_IDS[name](document)
      expect(ids).toHaveLength(3)
      for (const included of [[], [0], [1], [2], [0, 2], [1, 2]]) {
        const notes = parseDeltaNotes(formatDeltaNotes(name, document, [['W/"old"', included]]))
        const delta = buildDelta(new Blob([document]), notes, ['old'])
        const deltaIds = LIST_IDS[name]((await delta?.body.text()) ?? '')
        expect(deltaIds).toEqual(included.map((index) => ids[index]))
        expect(delta?.base).toBe('W/"old"')
      }
    }
  })
})

describe('a delta', () => {
  const document = renderTestDocument('json', [
    buildArticle({ id: 'a' }),
    buildArticle({ id: 'b' }),
  ])
  const bytes = new Blob([document])
  const notes = parseDeltaNotes(
    formatDeltaNotes('json', document, [
      ['W/"newer"', [0]],
      ['W/"older"', [0, 1]],
    ]),
  )

  it('D-09: uses the newest of the requested bases that are editions', () => {
    expect(buildDelta(bytes, notes, ['unknown', 'older', 'newer'])?.base).toBe('W/"newer"')
  })

  it('D-13: is not built for an unknown base', () => {
    expect(buildDelta(bytes, notes, ['unknown', '', 'W/"newer"'])).toBeUndefined()
  })

  it('D-14: is not built if it would not be smaller', () => {
    expect(buildDelta(bytes, notes, ['older'])).toBeUndefined()
  })
})

describe('the window of deltas', () => {
  const target = 'feed:/atom.xml'

  function renderEdition(desk: TestDesk) {
    const rendering = renderTarget(desk.ledger, PUBLICATION, target, desk.clock.now * 1000, true)
    if (rendering.kind !== 'content' || rendering.content.kind !== 'document')
      throw new Error(`${target} is no document`)
    const { validators, notes = '' } = rendering.content
    return { etag: validators.etag, editions: parseDeltaNotes(notes).editions }
  }

  function publishAndRender(desk: TestDesk, id: string) {
    desk.clock.now += 2
    expectOk(desk.publish(id))
    return renderEdition(desk)
  }

  it('D-22: reaches back a fixed number of editions', () => {
    const desk = openDesk()
    const first = publishAndRender(desk, 'a0')
    for (let index = 1; index < DELTA_WINDOW.editions; index += 1)
      publishAndRender(desk, `a${index}`)
    const within = publishAndRender(desk, 'a100').editions.map(([etag]) => etag)
    expect(within).toHaveLength(DELTA_WINDOW.editions)
    expect(within.at(-1)).toBe(first.etag)
    const beyond = publishAndRender(desk, 'a101').editions.map(([etag]) => etag)
    expect(beyond).toHaveLength(DELTA_WINDOW.editions)
    expect(beyond).not.toContain(first.etag)
    expect(desk.ledger.listEditions(target, 0, 1000)).toHaveLength(DELTA_WINDOW.editions)
  })

  it('D-22: reaches back a fixed time', () => {
    const desk = openDesk()
    const first = publishAndRender(desk, 'a')
    desk.clock.now += DELTA_WINDOW.seconds - 3
    expect(publishAndRender(desk, 'b').editions.map(([etag]) => etag)).toEqual([first.etag])
    desk.clock.now += 1
    expect(publishAndRender(desk, 'c').editions.map(([etag]) => etag)).not.toContain(first.etag)
  })

  it('lists for each edition the pieces that are new or changed since then, and no others', () => {
    const desk = openDesk()
    publishAndRender(desk, 'a')
    const second = publishAndRender(desk, 'b')
    publishAndRender(desk, 'c')
    const { editions } = publishAndRender(desk, 'a')
    expect(editions.find(([etag]) => etag === second.etag)?.[1]).toHaveLength(1)
    expectOk(desk.publish('a', { title: 'Changed' }))
    desk.clock.now += 2
    expect(renderEdition(desk).editions.find(([etag]) => etag === second.etag)?.[1]).toHaveLength(2)
  })

  it('distinguishes an entry with corrections from one without them', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { corrections: ['It was two days. It is three.'] }))
    const document = buildTestFeed([buildArticle({ id: 'a' })])
    const [entry] = document.entries
    if (!entry) throw new Error('The feed has no entry')
    delete entry.html
    const corrections = [{ at: 1, text: 'It was two days. It is three.' }]
    const recordWith = (modified: number, etag: string, listed: typeof corrections): string => {
      const feed = { ...document, entries: [{ ...entry, corrections: listed }] }
      const text = JSON.stringify({ items: [{ id: 'a', corrections: listed }] })
      return recordEdition(
        desk.ledger,
        { target: 'feed:/feed.json', etag, modified },
        { channel: ALL_CHANNEL, format: 'json' },
        feed,
        text,
      )
    }
    recordWith(1, 'W/"with"', corrections)
    const notes = parseDeltaNotes(recordWith(2, 'W/"without"', []))
    expect(notes.editions).toEqual([['W/"with"', [0]]])
    const unchanged = parseDeltaNotes(recordWith(3, 'W/"still without"', []))
    expect(unchanged.editions.find(([base]) => base === 'W/"without"')).toEqual(['W/"without"', []])
  })

  it('distinguishes a full entry from a shortened one, and a shortened one from a title', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    const document = buildTestFeed([buildArticle({ id: 'a' })])
    const [entry] = document.entries
    if (!entry) throw new Error('The feed has no entry')
    delete entry.html
    const countMissingPieces = (modified: number, cut?: 'brief' | 'title'): number => {
      const feed = { ...document, entries: [{ ...entry, ...(cut && { shortenedTo: cut }) }] }
      const text = JSON.stringify({ items: [{ id: 'a' }] })
      const edition = { target: 'feed:/feed.json', etag: `W/"${modified}"`, modified }
      const about = { channel: ALL_CHANNEL, format: 'json' } as const
      const notes = parseDeltaNotes(recordEdition(desk.ledger, edition, about, feed, text))
      return notes.editions[0]?.[1].length ?? -1
    }
    expect([
      countMissingPieces(1),
      countMissingPieces(2),
      countMissingPieces(3, 'brief'),
      countMissingPieces(4, 'brief'),
      countMissingPieces(5, 'title'),
      countMissingPieces(6),
    ]).toEqual([-1, 0, 1, 0, 1, 1])
  })

  it('has no edition from before an article left the channel without being withdrawn', () => {
    const desk = openDesk()
    const channel = { kind: 'tag', slug: 'x' } as const
    const render = () => {
      const now = desk.clock.now * 1000
      const rendering = renderTarget(desk.ledger, PUBLICATION, 'feed:/tags/x/rss.xml', now, true)
      if (rendering.kind !== 'content' || rendering.content.kind !== 'document')
        throw new Error('The RSS of the tag is no document')
      return parseDeltaNotes(rendering.content.notes ?? '').editions.length
    }
    expectOk(desk.publish('a', { tags: ['x'] }))
    expectOk(desk.publish('b', { tags: ['x'] }))
    render()
    desk.clock.now += 2
    expectOk(desk.publish('c', { tags: ['x'] }))
    expect(render()).toBe(1)
    desk.clock.now += 2
    expectOk(desk.publish('a', { tags: [] }))
    expect(desk.ledger.findChannelTitle(channel)).toBe('x')
    expect(render()).toBe(0)
  })

  it('is empty when the editions were deleted, as a change of settings does', () => {
    const desk = openDesk()
    publishAndRender(desk, 'a')
    desk.ledger.deleteAllEditions()
    expect(publishAndRender(desk, 'b').editions).toEqual([])
  })

  it('is computed from the changes of memberships and the last change of each article', () => {
    const desk = openDesk()
    publishAndRender(desk, 'a')
    expect(desk.ledger.findMembershipByChange([1], ALL_CHANNEL).get(1)).toEqual({
      article: 'a',
      isMember: true,
    })
    expect(desk.ledger.getLastChanges(['a', 'nobody'])).toEqual(
      new Map([
        ['a', 1],
        ['nobody', 0],
      ]),
    )
  })
})
