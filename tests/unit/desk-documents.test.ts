/**
 * Checks what is rendered from the ledger for each target: validators, status, redirects and link
 * records. `tests/model/desk-documents.test.ts` compares sequences of changes with a model.
 */
import { describe, expect, it } from 'vitest'
import { renderTarget } from '../../src/desk/documents/rendering.ts'
import { FORMATS } from '../../src/feeds/formats.ts'
import type { Channel } from '../../src/model/channel.ts'
import { resolveLink } from '../../src/model/link.ts'
import type { Publication } from '../../src/model/publication.ts'
import { digest } from '../../src/text/digest.ts'
import type { Content } from '../../src/wire/codec.ts'
import {
  articlePageTarget,
  articleTarget,
  channelPageTarget,
  feedTarget,
  linkTarget,
  type Target,
} from '../../src/wire/targets.ts'
import { expectOk, openDesk, PUBLICATION, START, type TestDesk } from '../support/drafts.ts'

const RSS = 'feed:/rss.xml'
const buildTag = (slug: string): Channel => ({ kind: 'tag', slug })

function render(desk: TestDesk, target: Target, evenIfSent = true, settings = PUBLICATION) {
  return renderTarget(desk.ledger, settings, target, desk.clock.now * 1000, evenIfSent)
}

function renderContent(desk: TestDesk, target: Target, settings?: Publication): Content {
  const current = render(desk, target, true, settings)
  if (current.kind !== 'content') throw new Error(`${target} is too early`)
  return current.content
}

function renderDocument(desk: TestDesk, target: Target, settings?: Publication) {
  const content = renderContent(desk, target, settings)
  if (content.kind !== 'document') throw new Error(`${target} is ${content.kind}`)
  return content
}

/**
 * Does the work of the drain: renders the target, records that it was sent, and settles its row.
 */
function send(desk: TestDesk, target: Target): Content | 'unchanged' | 'too early' {
  const row = desk.ledger
    .listDueRows(Number.MAX_SAFE_INTEGER, 1000, new Set(), true)
    .find((queued) => queued.target === target)
  const current = render(desk, target, false)
  if (current.kind !== 'content') return 'too early'
  if (row && current.fingerprint !== undefined && !current.wasSent)
    desk.ledger.markSent(row, current.fingerprint, 0)
  if (row) desk.ledger.completeRow(row, 0)
  return current.wasSent ? 'unchanged' : current.content
}

describe('the validators of a document', () => {
  it('are the digest of its bytes, their length, and the second of its change', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { title: 'Ünïcode' }))
    for (const target of [RSS, 'feed:/atom.xml', 'feed:/feed.json', 'page:/', 'article:a']) {
      const { body, validators } = renderDocument(desk, target)
      expect(validators).toMatchObject({
        status: 200,
        etag: `W/"${digest(body)}"`,
        length: Buffer.byteLength(body),
        modified: START,
      })
      expect(body).toContain('Ünïcode')
    }
  })

  it('do not change when the document is rendered again from the same data', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    const first = renderDocument(desk, RSS)
    desk.clock.now += 86_400
    expect(renderDocument(desk, RSS)).toEqual(first)
    expectOk(desk.publish('a'))
    expect(renderDocument(desk, RSS)).toEqual(first)
  })

  it('do not change in a rebuild, which sends the same document again', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    const first = renderDocument(desk, RSS)
    desk.ledger.enqueue(RSS, desk.ledger.incrementSequence(), 0)
    expect(send(desk, RSS)).toEqual(first)
    desk.clock.now += 100
    desk.ledger.enqueue(RSS, desk.ledger.incrementSequence(), 0)
    expect(send(desk, RSS)).toBe('unchanged')
    desk.ledger.markUnsent(RSS)
    expect(send(desk, RSS)).toEqual(first)
  })

  it('have a later Last-Modified after every change, so a second change within one second has to wait', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    const first = renderDocument(desk, RSS)
    expectOk(desk.publish('b'))
    expect(render(desk, RSS)).toEqual({ kind: 'too-early', due: (START + 1) * 1000 })
    expect(desk.ledger.findDocument(RSS)).toMatchObject({
      modified: START,
      etag: first.validators.etag,
    })
    desk.clock.now += 1
    expect(renderDocument(desk, RSS).validators.modified).toBe(START + 1)
  })

  it('have a Last-Modified one second later if the clock was set back by hours, and wait if it was set back by a second', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    renderDocument(desk, RSS)
    expectOk(desk.publish('b', { published: START - 9000 }))
    desk.clock.now = START - 1
    expect(render(desk, RSS)).toEqual({ kind: 'too-early', due: (START + 1) * 1000 })
    desk.clock.now = START - 7200
    expect(renderDocument(desk, RSS).validators.modified).toBe(START + 1)
  })

  it('change when settings change the bytes, although the articles are the same', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    const first = renderDocument(desk, RSS)
    desk.clock.now += 10
    const second = renderDocument(desk, RSS, { ...PUBLICATION, title: 'A new name' })
    expect(second.validators.etag).not.toBe(first.validators.etag)
    expect(second.validators.modified).toBe(START + 10)
  })

  it('agree with the RSS document: its lastBuildDate is Last-Modified', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { published: START - 500 }))
    desk.clock.now += 7
    const { body, validators } = renderDocument(desk, RSS)
    const built = /<lastBuildDate>([^<]+)</.exec(body)?.[1] ?? ''
    expect(Date.parse(built) / 1000).toBe(validators.modified)
    expect(validators.modified).toBe(START + 7)
  })
})

describe('a document that was already sent', () => {
  it('is not rendered and not sent again until its data changes', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    expect(send(desk, articleTarget('a'))).toMatchObject({ kind: 'document' })
    desk.ledger.enqueue(articleTarget('a'), desk.ledger.incrementSequence(), 0)
    expect(send(desk, articleTarget('a'))).toBe('unchanged')
    desk.clock.now += 5
    expectOk(desk.publish('a', { title: 'Another' }))
    expect(send(desk, articleTarget('a'))).toMatchObject({ kind: 'document' })
  })

  it('is rendered again if a reader requests it', () => {
    const desk = openDesk()
    expectOk(desk.publish('a'))
    send(desk, articleTarget('a'))
    expect(render(desk, articleTarget('a'), true)).toMatchObject({
      wasSent: true,
      content: { kind: 'document', validators: { modified: START } },
    })
  })

  it('is sent again if its content returns to an earlier state after a write whose outcome is unknown', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { tags: ['x'] }))
    const target = feedTarget(buildTag('x'), FORMATS[0] ?? expect.fail())
    renderDocument(desk, target)
    desk.ledger.enqueue(target, desk.ledger.incrementSequence(), 0)
    send(desk, target)
    desk.clock.now += 5
    expectOk(desk.publish('b', { tags: ['x'] }))
    expect(render(desk, target, false)).toMatchObject({ wasSent: false })
    desk.clock.now += 5
    expectOk(desk.withdraw('b'))
    expect(send(desk, target)).toMatchObject({ kind: 'document' })
  })

  it('is sent again if it is a link whose earlier address returns after such a write', () => {
    const desk = openDesk()
    const [one, two] = ['https://news.example/1', 'https://news.example/2']
    expectOk(desk.publish('a', { code: 'mheng', canonical: one }))
    send(desk, linkTarget('mheng'))
    expectOk(desk.publish('a', { canonical: two }))
    render(desk, linkTarget('mheng'), false)
    expectOk(desk.publish('a', { canonical: one }))
    expect(send(desk, linkTarget('mheng'))).toEqual({
      kind: 'link',
      record: { at: START + 2, codes: { mheng: { to: one, id: 'a' } } },
    })
  })
})

describe('an article', () => {
  it('has a page and its JSON if it is public', () => {
    const desk = openDesk()
    const { article } = expectOk(
      desk.publish('a', { tags: ['C++'], summary: ['One'], section: 'World' }),
    )
    expect(JSON.parse(renderDocument(desk, articleTarget('a')).body)).toEqual({
      id: 'a',
      tag: 'tag:news.example,2026:a',
      status: 'public',
      revision: 1,
      code: article.code,
      short_url: `https://nws.example/${article.code}`,
      url: 'https://news.example/articles/a',
      title: 'Story a',
      summary: ['One'],
      authors: [],
      section: 'World',
      tags: ['C++'],
      language: 'en',
      published: '2026-01-15T09:00:00Z',
      updated: '2026-01-15T09:00:00Z',
      html: '<p>The text of a.</p>',
    })
    const page = renderDocument(desk, articlePageTarget('a'))
    expect(page.validators).toMatchObject({ status: 200, language: 'en' })
    expect(page.body).toContain('The text of a.')
  })

  it('has a redirect instead of a page while it has a canonical address elsewhere', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { canonical: 'https://news.example/x' }))
    expect(renderContent(desk, articlePageTarget('a'))).toEqual({
      kind: 'redirect',
      location: 'https://news.example/x',
    })
    desk.clock.now += 1
    expectOk(desk.publish('a', { canonical: null }))
    expect(renderDocument(desk, articlePageTarget('a')).validators.modified).toBe(START + 1)
  })

  it.each([{}, { canonical: 'https://news.example/x' }])(
    'is 410 without its story if it was withdrawn (%j)',
    (more) => {
      const desk = openDesk()
      const secret = { title: 'SECRET', html: '<p>SECRET</p>', excerpt: 'SECRET', tags: ['SECRET'] }
      expectOk(desk.publish('a', { ...more, ...secret }))
      desk.clock.now += 1
      expectOk(desk.withdraw('a', 'It was wrong'))
      for (const target of [articleTarget('a'), articlePageTarget('a')]) {
        const { body, validators } = renderDocument(desk, target)
        expect(validators.status).toBe(410)
        expect(body).not.toContain('SECRET')
      }
      expect(JSON.parse(renderDocument(desk, articleTarget('a')).body)).toEqual({
        id: 'a',
        tag: 'tag:news.example,2026:a',
        status: 'withdrawn',
        withdrawn: '2026-01-15T09:00:01Z',
      })
    },
  )

  it('is absent everywhere if it was never public, whether it is embargoed or withdrawn', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { published: START + 10, code: 'soon', tags: ['x'] }))
    const targets = [
      articleTarget('a'),
      articlePageTarget('a'),
      linkTarget('soon'),
      channelPageTarget(buildTag('x')),
      'feed:/tags/x/rss.xml',
    ]
    const absent = targets.map(() => ({ kind: 'absent' }))
    expect(targets.map((target) => renderContent(desk, target))).toEqual(absent)
    expectOk(desk.withdraw('a'))
    expect(targets.map((target) => renderContent(desk, target))).toEqual(absent)
    expect(renderDocument(desk, RSS).body).not.toContain('Story a')
  })

  it.each([
    'nonsense',
    'article:',
    'feed:/tags/nobody/rss.xml',
    'feed:/rss.xml/',
    'page:/nobody',
    '',
  ])('is absent if it is unknown, and so is an unknown channel (%s)', (target) => {
    expect(renderContent(openDesk(), target)).toEqual({ kind: 'absent' })
  })

  it.each(['feed:/tags/%78/rss.xml', 'feed://rss.xml', 'page:/tags/%78', 'feed:/tags/X/rss.xml'])(
    'has only one key, and so has a channel: another spelling is absent (%s)',
    (target) => {
      const desk = openDesk()
      expectOk(desk.publish('a', { tags: ['x'] }))
      expect(renderContent(desk, target)).toEqual({ kind: 'absent' })
    },
  )
})

describe('a link record', () => {
  const getRecord = (desk: TestDesk, folded: string) => {
    const content = renderContent(desk, linkTarget(folded))
    if (content.kind !== 'link') throw new Error(content.kind)
    return content.record
  }

  it('has all codes with the same folded form, except embargoed ones, and prefers an exact match', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'Mheng' }))
    expectOk(desk.publish('b', { code: 'mhenG' }))
    expectOk(desk.publish('c', { code: 'MHENG', published: START + 10 }))
    expectOk(desk.withdraw('b'))
    const record = getRecord(desk, 'mheng')
    expect(record.codes).toEqual({
      Mheng: { to: 'https://news.example/articles/a', id: 'a' },
      mhenG: { gone: true, when: START },
    })
    expect(resolveLink(record, 'Mheng')).toEqual(record.codes['Mheng'])
    expect(resolveLink(record, 'mhenG')).toEqual({ gone: true, when: START })
    expect(resolveLink(record, 'MHENG')).toBeUndefined()
  })

  it('matches any case if only one code has this folded form', () => {
    const desk = openDesk()
    expectOk(desk.publish('a', { code: 'Mheng' }))
    expectOk(desk.publish('c', { code: 'MHENG', published: START + 10 }))
    expect(resolveLink(getRecord(desk, 'mheng'), 'MHENG')).toEqual({
      to: 'https://news.example/articles/a',
      id: 'a',
    })
  })

  it.each(['constructor', 'prototype', '__proto__', 'toString'])(
    'has the code %s like any other',
    (code) => {
      const desk = openDesk()
      expectOk(desk.publish('a', { code }))
      const to = { to: 'https://news.example/articles/a', id: 'a' }
      expect(resolveLink(getRecord(desk, code.toLowerCase()), code)).toEqual(to)
    },
  )
})
