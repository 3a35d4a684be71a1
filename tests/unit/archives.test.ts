/**
 * Checks archive pages (RFC 5005; rules P; docs/decisions/014-archives.md): when they exist, what
 * they contain, and which changes enqueue them.
 */
import { describe, expect, it } from 'vitest'
import { hasChannelContent } from '../../src/desk/documents/planners.ts'
import { advanceSweep, beginSweep } from '../../src/desk/sweep.ts'
import { FORMATS } from '../../src/feeds/formats.ts'
import { ALL_CHANNEL } from '../../src/model/channel.ts'
import {
  archiveFeedTarget,
  archivePageTarget,
  channelPageTarget,
  feedTarget,
  type Target,
} from '../../src/wire/targets.ts'
import {
  ATOM,
  getTagUri,
  name,
  PAGE,
  publishArticles,
  RSS,
  readFeedDocument,
  renderDocument,
  requestTarget,
  X,
} from '../support/archive-desk.ts'
import { exportLines, importLines } from '../support/copies.ts'
import { expectOk, openDesk, START, type TestDesk } from '../support/drafts.ts'

describe('an archive page', () => {
  it.each([0, 1, 49, 50, 51, 99, 100, 101, 150])(
    'P-01, P-06, P-16: exists and is linked as soon as all its positions are assigned (%i articles)',
    (count) => {
      const desk = publishArticles(openDesk(), count)
      const newest = Math.floor(count / PAGE)
      expect(desk.ledger.getNewestArchivePage(X)).toBe(newest)
      for (const format of FORMATS) {
        const older = readFeedDocument(desk, feedTarget(ALL_CHANNEL, format)).links['prev-archive']
        const expectedLink =
          newest === 0 ? undefined : `https://news.example/archive/${newest}/${format.file}`
        expect(older).toBe(expectedLink)
        for (const channel of [ALL_CHANNEL, X]) {
          expect(requestTarget(desk, archiveFeedTarget(channel, newest + 1, format)).kind).toBe(
            'absent',
          )
          if (newest > 0)
            expect(requestTarget(desk, archiveFeedTarget(channel, newest, format)).kind).toBe(
              'document',
            )
        }
      }
      expect(requestTarget(desk, archivePageTarget(X, newest + 1)).kind).toBe('absent')
    },
  )

  it('P-02, P-03, P-04, P-05, P-20, P-24: links to both neighbours and the subscription document, is marked as an archive, and has the id and title of the subscription document', () => {
    const desk = publishArticles(openDesk(), 3 * PAGE)
    for (const channel of [ALL_CHANNEL, X])
      for (const format of FORMATS) {
        const current = readFeedDocument(desk, feedTarget(channel, format))
        expect(current.isArchive ?? false).toBe(false)
        const pages = [1, 2, 3].map((page) =>
          readFeedDocument(desk, archiveFeedTarget(channel, page, format)),
        )
        const url = (page: number): string => pages[page - 1]?.links.self ?? expect.fail()
        expect(pages.map(({ links }) => links['prev-archive'])).toEqual([undefined, url(1), url(2)])
        for (const page of pages) expect([page.id, page.title]).toEqual([current.id, current.title])
        if (format.name === 'json') continue
        expect(pages.map(({ links }) => links['next-archive'])).toEqual([url(2), url(3), undefined])
        expect(pages.map(({ links }) => links.current)).toEqual(Array(3).fill(current.links.self))
        expect(pages.map(({ isArchive: archive }) => archive)).toEqual([true, true, true])
      }
  })

  it('P-22: has the numbers of its neighbours in its validators', () => {
    const desk = publishArticles(openDesk(), 2 * PAGE)
    const readNeighbours = (target: Target) => {
      const { older, newer } = renderDocument(desk, target).validators
      return { older, newer }
    }
    expect(readNeighbours(feedTarget(X, RSS))).toEqual({ older: 2 })
    expect(readNeighbours(archiveFeedTarget(X, 2, RSS))).toEqual({ older: 1 })
    expect(readNeighbours(archiveFeedTarget(X, 1, RSS))).toEqual({ newer: 2 })
  })

  it('P-07, P-12, P-13: keeps its articles when others leave the channel, and exists even when it is empty', () => {
    const desk = publishArticles(openDesk(), 2 * PAGE)
    const listIdsOnPage = (page: number): string[] =>
      readFeedDocument(desk, archiveFeedTarget(X, page, ATOM)).entries.map(({ id }) => id)
    const second = listIdsOnPage(2)
    const first = listIdsOnPage(1)
    expect(first).toEqual(Array.from({ length: PAGE }, (_, index) => getTagUri(name(PAGE - index))))
    const { etag } = renderDocument(desk, archiveFeedTarget(X, 1, ATOM)).validators
    expectOk(desk.withdraw(name(7)))
    expectOk(desk.publish(name(8), { tags: ['y'], published: START - 99_992 }))
    expect(listIdsOnPage(1)).toEqual(
      first.filter((id) => ![getTagUri(name(7)), getTagUri(name(8))].includes(id)),
    )
    expect(renderDocument(desk, archiveFeedTarget(X, 1, ATOM)).validators.etag).not.toBe(etag)
    expectOk(desk.publish(name(7), { tags: ['x'], republish: true }))
    expect(listIdsOnPage(1)).not.toContain(getTagUri(name(7)))
    expect(listIdsOnPage(2)).toEqual(second)
    for (let number = 1; number <= PAGE; number += 1) desk.withdraw(name(number))
    for (const format of FORMATS) {
      const empty = readFeedDocument(desk, archiveFeedTarget(X, 1, format))
      expect(empty.entries).toEqual([])
      expect(readFeedDocument(desk, archiveFeedTarget(X, 2, format)).links['prev-archive']).toBe(
        empty.links.self,
      )
    }
    expect(renderDocument(desk, archivePageTarget(X, 1)).validators.status).toBe(200)
  })

  it('P-11: has fixed positions: back-dating and editing only change the order within the page', () => {
    const desk = publishArticles(openDesk(), 2 * PAGE)
    const listIdsOnPage = (page: number): string[] =>
      readFeedDocument(desk, archiveFeedTarget(ALL_CHANNEL, page, RSS)).entries.map(({ id }) => id)
    expectOk(desk.publish(name(60), { tags: ['x'], published: START - 900_000 }))
    expectOk(desk.publish(name(10), { tags: ['x'], published: START - 1, title: 'Another' }))
    expect(listIdsOnPage(1)[0]).toBe(getTagUri(name(10)))
    expect(listIdsOnPage(2).at(-1)).toBe(getTagUri(name(60)))
    expect(listIdsOnPage(1)).toHaveLength(PAGE)
  })

  it('has an HTML page that lists its stories, shows its number, and links to the older and the newer page', () => {
    const desk = publishArticles(openDesk(), 3 * PAGE)
    const page = (number: number): string => renderDocument(desk, archivePageTarget(X, number)).body
    expect(renderDocument(desk, channelPageTarget(X)).body).toMatch(
      /<a href="\/tags\/x\/archive\/3" rel="prev">Older<\/a>/,
    )
    const second = page(2)
    expect(second).toContain('<title>Archive page 2 · x · Test Desk</title>')
    expect(second).toContain('<link rel="canonical" href="https://news.example/tags/x/archive/2"/>')
    expect(second).toContain('<link rel="prev" href="https://news.example/tags/x/archive/1"/>')
    expect(second).toContain('<link rel="next" href="https://news.example/tags/x/archive/3"/>')
    expect([...second.matchAll(/<h2><a href/g)]).toHaveLength(PAGE)
    expect(page(3)).toContain('<a href="/tags/x">Latest</a>')
    expect(page(3)).not.toContain('<link rel="next"')
    expect(page(1)).not.toContain('rel="prev"')
    expect(page(1)).toContain('<a href="/tags/x/archive/2" rel="next">Newer</a>')
    expect(renderDocument(openDesk(), channelPageTarget(ALL_CHANNEL)).body).not.toContain('Older')
  })

  it.each([
    ['ar', 'صفحة الأرشيف', 'أقدم', 'أحدث'],
    ['ur', 'محفوظات کا صفحہ', 'پرانی خبریں', 'نئی خبریں'],
  ])('has an HTML page that shows its number in %s', (language, label, older, newer) => {
    const desk = openDesk()
    for (let number = 1; number <= 3 * PAGE; number += 1)
      expectOk(desk.publish(name(number), { language, published: START - number }))
    const { body } = renderDocument(
      desk,
      archivePageTarget({ kind: 'language', slug: language }, 2),
    )
    expect(body).toContain(`<html lang="${language}" dir="rtl">`)
    expect(body).toContain(label)
    expect(body).toContain(`>${older}</a>`)
    expect(body).toContain(`>${newer}</a>`)
  })
})

describe('an archive page', () => {
  const trackPages = (desk: TestDesk, pages: number): void => {
    for (let page = 1; page <= pages; page += 1)
      requestTarget(desk, archiveFeedTarget(X, page, RSS))
    desk.emptyOutbox()
    desk.clock.now += 5
  }
  const listQueuedPages = (desk: TestDesk): string[] =>
    desk.listQueued().flatMap((target) => /^feed:\/tags\/x\/archive\/(\d+)/.exec(target)?.[1] ?? [])

  it('is enqueued by the publish that completes the next page, and not by earlier ones', () => {
    const desk = publishArticles(openDesk(), 2 * PAGE)
    trackPages(desk, 2)
    publishArticles(desk, 3 * PAGE - 1, 2 * PAGE + 1)
    expect(listQueuedPages(desk)).toEqual([])
    publishArticles(desk, 3 * PAGE, 3 * PAGE)
    expect(listQueuedPages(desk)).toEqual(['2'])
  })

  it('is enqueued by a change, a withdrawal or a retagging of an article on it, and not by a republication', () => {
    const desk = publishArticles(openDesk(), 3 * PAGE)
    trackPages(desk, 3)
    expectOk(desk.publish(name(7), { tags: ['x'], title: 'Another' }))
    expect(listQueuedPages(desk)).toEqual(['1'])
    desk.emptyOutbox()
    expectOk(desk.publish(name(60), { tags: ['y'] }))
    expect(listQueuedPages(desk)).toEqual(['2'])
    desk.emptyOutbox()
    expectOk(desk.withdraw(name(120)))
    expect(listQueuedPages(desk)).toEqual(['3'])
    desk.emptyOutbox()
    expectOk(desk.publish(name(120), { tags: ['x'], republish: true }))
    expect(listQueuedPages(desk)).toEqual([])
  })

  it('is not enqueued by a new article, but the subscription document of the channel is', () => {
    const desk = publishArticles(openDesk(), PAGE)
    for (const channel of [ALL_CHANNEL, X]) requestTarget(desk, archiveFeedTarget(channel, 1, RSS))
    requestTarget(desk, feedTarget(X, RSS))
    desk.emptyOutbox()
    expectOk(desk.publish('other', { tags: ['y'] }))
    expect(desk.listQueued().filter((target) => target.startsWith('feed:'))).toEqual([])
    expectOk(desk.publish('more', { tags: ['x'] }))
    expect(desk.listQueued().filter((target) => target.startsWith('feed:'))).toEqual([
      'feed:/tags/x/rss.xml',
    ])
  })

  it('is enqueued by a change after an import too', () => {
    const desk = publishArticles(openDesk(), 2 * PAGE)
    trackPages(desk, 2)
    const copy = openDesk()
    expect(importLines(copy.ledger, exportLines(desk.ledger, desk.clock))).toMatchObject({
      ok: true,
      value: { state: 'done' },
    })
    copy.emptyOutbox()
    copy.clock.now = desk.clock.now + 5
    expect(renderDocument(copy, archiveFeedTarget(X, 1, RSS))).toEqual(
      renderDocument(desk, archiveFeedTarget(X, 1, RSS)),
    )
    expectOk(copy.publish(name(7), { tags: ['x'], title: 'Another' }))
    expect(listQueuedPages(copy)).toEqual(['1'])
  })

  it('has content as soon as it is complete, and not before', () => {
    const desk = publishArticles(openDesk(), PAGE - 1)
    const targets = [archiveFeedTarget(X, 1, RSS), archivePageTarget(X, 1)]
    expect(targets.map((target) => hasChannelContent(desk.ledger, target))).toEqual([false, false])
    publishArticles(desk, PAGE, PAGE)
    expect(targets.map((target) => hasChannelContent(desk.ledger, target))).toEqual([true, true])
    expect(hasChannelContent(desk.ledger, archivePageTarget(X, 2))).toBe(false)
  })

  it('is enqueued by a sweep, which also enqueues a page that only KV has, and that page renders as absent', async () => {
    const desk = publishArticles(openDesk(), PAGE)
    trackPages(desk, 1)
    beginSweep(desk.ledger, 'rebuild', 0)
    const unknownTarget = 'feed:/tags/x/archive/9/rss.xml'
    const wire = [archiveFeedTarget(X, 1, RSS), unknownTarget]
    while (
      !(await advanceSweep(
        desk.ledger,
        () => 0,
        async () => ({ targets: wire }),
      ))
    );
    expect(listQueuedPages(desk)).toEqual(['1', '9'])
    expect(requestTarget(desk, unknownTarget)).toEqual({ kind: 'absent' })
  })
})
