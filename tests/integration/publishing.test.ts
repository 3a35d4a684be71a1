/**
 * Tests the main purpose on the real runtime: one publish updates all feeds and the short link.
 * Also tests rare languages, and redirects of addresses with superfluous parts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manuscript, type Newsroom, openNewsroom } from '../support/newsroom.ts'

describe('a newsroom', () => {
  let newsroom: Newsroom
  beforeAll(async () => {
    newsroom = await openNewsroom()
  })
  afterAll(async () => await newsroom.close())

  it('adds a published article to all feeds of its channels, and serves its page and its short link', async () => {
    const response = await newsroom.publish('first', manuscript({ code: 'mheng' }))
    expect(response.status).toBe(201)
    expect(response.headers.get('Location')).toBe('/api/articles/first')
    const receipt = (await response.json()) as {
      short_url: string
      feeds: { rss: string; atom: string; json: string }[]
    }
    expect(receipt.short_url).toBe('https://nws.example/mheng')
    expect(receipt.feeds).toHaveLength(6)
    await newsroom.waitForOutbox()
    for (const { rss, atom, json } of receipt.feeds) {
      for (const url of [rss, atom, json]) {
        const feed = await newsroom.get(url)
        expect(feed.status, url).toBe(200)
        const document = await feed.text()
        expect(document, url).toContain('tag:news.example,2026:first')
        expect(document, 'the feed has its own address').toContain(`"${url}"`)
      }
    }
    const link = await newsroom.get('/mheng')
    expect(link.status).toBe(302)
    expect(link.headers.get('Location')).toBe('https://news.example/articles/first')
    const page = await newsroom.get('/articles/first')
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('<h1>A headline</h1>')
  })

  it('accepts languages that the runtime itself does not know, and marks their direction', async () => {
    const languages = ['bal', 'skr', 'pnb', 'brh', 'khw', 'hno', 'arz', 'ary', 'apc', 'haz', 'ady']
    const lines = languages.map((language) =>
      JSON.stringify({ id: `in-${language}`, ...manuscript({ language }) }),
    )
    const response = await newsroom.api('/api/articles', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: lines.join('\n'),
    })
    expect(await response.json()).toMatchObject({ accepted: languages.length, refused: 0 })
    for (const language of languages) {
      const page = await (await newsroom.get(`/articles/in-${language}`)).text()
      expect(page).toContain(`lang="${language}" dir="${language === 'ady' ? 'ltr' : 'rtl'}"`)
    }
    const unknown = await newsroom.publish('unknown', manuscript({ language: 'xx' }))
    expect(unknown.status).toBe(422)
  })
})
