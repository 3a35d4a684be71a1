/** Turns the bytes of a manuscript (Markdown with front matter, or JSON) into a draft. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  type PreparedManuscript,
  prepareManuscript,
  type ReadingSettings,
} from '../../src/manuscript/prepare.ts'
import { getIdFromFileName, type ManuscriptType } from '../../src/manuscript/read.ts'
import type { Failure } from '../../src/model/failures.ts'
import { formatFailure } from '../../src/model/failures.ts'
import { PUBLICATION } from '../support/stories.ts'

const MARKDOWN = `---
title: A headline
summary:
  - First point
  - Second point
tags: [Space, C++, space]
authors:
  - Sana Khan
  - name: Ada
    url: https://a.example/
published: 2026-01-15T09:00:00Z
---

ISLAMABAD: The *first* paragraph.

The second one.
`

function read(
  text: string | Uint8Array,
  type: ManuscriptType = 'text/markdown',
  desk: ReadingSettings = PUBLICATION,
): PreparedManuscript {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const prepared = prepareManuscript(bytes, type, 'itcn-asia', desk)
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.failure))
  return prepared.value
}

function expectRefusal(text: string | Uint8Array, type: ManuscriptType = 'text/markdown'): Failure {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const prepared = prepareManuscript(bytes, type, 'itcn-asia', PUBLICATION)
  if (prepared.ok) throw new Error('The manuscript was accepted')
  return prepared.failure
}

const formatReason = (failure: Failure): string =>
  failure.reason === 'unparsable' ? failure.why : `${failure.reason}: ${formatFailure(failure)}`

const json = (more: Record<string, unknown>): string =>
  JSON.stringify({ title: 'A headline', body: 'A text.', ...more })

describe('Markdown', () => {
  it('becomes a draft with a date, a dateline, cleaned HTML and no duplicate tags', () => {
    const { draft, removed } = read(MARKDOWN)
    expect(removed).toEqual([])
    expect(draft).toEqual({
      id: 'itcn-asia',
      published: Date.UTC(2026, 0, 15, 9) / 1000,
      republish: false,
      story: {
        title: 'A headline',
        summary: ['First point', 'Second point'],
        excerpt: 'The first paragraph. The second one.',
        dateline: 'ISLAMABAD',
        authors: [{ name: 'Sana Khan' }, { name: 'Ada', url: 'https://a.example/' }],
        tags: ['Space', 'C++'],
        language: 'en',
        html: '<p>The <em>first</em> paragraph.</p>\n<p>The second one.</p>',
        source: {
          form: 'markdown',
          text: '\nISLAMABAD: The *first* paragraph.\n\nThe second one.\n',
        },
      },
    })
  })

  it('gives the same draft with a byte order mark, with other line ends, and as JSON', () => {
    const { story } = read(MARKDOWN).draft
    expect(read(`\ufeff${MARKDOWN}`).draft.story).toEqual(story)
    expect(read(MARKDOWN.replaceAll('\n', '\r\n')).draft.story).toEqual(story)
    const asJson = {
      title: 'A headline',
      summary: ['First point', 'Second point'],
      tags: ['Space', 'C++', 'space'],
      authors: ['Sana Khan', { name: 'Ada', url: 'https://a.example/' }],
      published: '2026-01-15T09:00:00Z',
      body: '\nISLAMABAD: The *first* paragraph.\n\nThe second one.\n',
    }
    expect(read(JSON.stringify(asJson), 'application/json').draft.story).toEqual(story)
  })

  it('may have its text as html in the front matter', () => {
    expect(read('---\ntitle: A\nhtml: <p>b</p>\n---\n').draft.story).toMatchObject({
      html: '<p>b</p>',
      source: { form: 'html' },
    })
  })

  it('may have a date without a time, and a thematic break in its text', () => {
    const { draft } = read('---\ntitle: A\npublished: 2026-01-15\n---\na\n\n---\n\nb')
    expect(draft.published).toBe(Date.UTC(2026, 0, 15) / 1000)
    expect(draft.story.html).toBe('<p>a</p>\n<hr>\n<p>b</p>')
  })

  it.each([
    ['', 'the manuscript does not begin with front matter between --- lines'],
    ['title: A\n', 'the manuscript does not begin with front matter between --- lines'],
    ['---\ntitle: A\n', 'the front matter has no closing --- line'],
    ['---\n- a\n---\nb', 'the front matter is not a list of keys and values'],
    ['---\n---\nb', 'the front matter is not a list of keys and values'],
    ['---\ntitle: &a A\nsection: *a\n---\nb', 'the front matter has an alias (*name)'],
    [
      '---\ntitle: A\nbody: B\n---\nb',
      'the front matter has the key "body", and there is text below it',
    ],
    [`---\ntitle: ${'x'.repeat(70_000)}\n---\nb`, 'the front matter is larger than 65536 bytes'],
    [`---\ntitle: ${'['.repeat(5000)}\n---\nb`, 'the front matter is nested deeper than 16'],
    [`---\n${'- '.repeat(5000)}a\n---\nb`, 'the front matter is nested deeper than 16'],
  ])('is refused with a reason if it cannot be read: %j', (text, reason) => {
    expect(formatReason(expectRefusal(text))).toBe(reason)
  })

  it.each([
    '---\ntitle: A\ntitle: B\n---\nb',
    '---\ntitle: "A\n---\nb',
    '---\na: b: c\n---\nd',
    '---\n\ttitle: A\n---\nb',
  ])(
    'with broken YAML is refused with a message that names the line and has no full stop: %j',
    (text) => {
      expect(formatReason(expectRefusal(text))).toMatch(
        /^line [2-4] of the front matter: [^\n]*[^.\s:]$/,
      )
    },
  )

  it('is refused if it is not UTF-8', () => {
    expect(formatReason(expectRefusal(Uint8Array.of(0x2d, 0x2d, 0x2d, 0xff)))).toBe(
      'the body is not UTF-8',
    )
  })

  it('is refused with the line of each fault', () => {
    const failure = expectRefusal(
      '---\ntitle: ""\nsection: ok\ntags:\n  - ok\n  - "!"\nunknwon: 1\n---\n',
    )
    expect(
      failure.reason === 'invalid' && failure.faults.map(({ pointer, line }) => [pointer, line]),
    ).toEqual(expect.arrayContaining([['/title', 2]]))
    const tags = expectRefusal('---\ntitle: A\ntags:\n  - ok\n  - "!"\n---\nb')
    expect(tags).toMatchObject({ faults: [{ pointer: '/tags/1', line: 5 }] })
    const body = expectRefusal('---\ntitle: A\n---\n<script>x</script>')
    expect(body).toMatchObject({
      faults: [{ pointer: '/body', line: 4, detail: 'body is empty after cleaning' }],
    })
  })
})

describe('JSON', () => {
  it.each([
    ['[]', 'the body is not a JSON object'],
    ['null', 'the body is not a JSON object'],
    ['{', 'the body is not JSON'],
    ['{"title":1,"title":2}', 'the key "title" occurs twice in one object'],
  ])('is refused with a reason if it cannot be read: %s', (text, reason) => {
    expect(formatReason(expectRefusal(text, 'application/json'))).toBe(reason)
  })

  it('may repeat the id from the address, but may not have a different one', () => {
    expect(read(json({ id: 'itcn-asia' }), 'application/json').draft.id).toBe('itcn-asia')
    expect(expectRefusal(json({ id: 'other' }), 'application/json')).toMatchObject({
      faults: [{ detail: 'id differs from "itcn-asia" in the address', pointer: '/id' }],
    })
  })

  it('may have lone surrogates and control characters, which are removed and reported', () => {
    const { draft, removed } = read(
      '{"title":"A","body":"a\\ud800b\\u0000c\\ufffed\\u202ee"}',
      'application/json',
    )
    expect(draft.story.html).toBe('<p>abcde</p>')
    expect(draft.story.source.text).toBe('abcde')
    expect(removed).toEqual([
      'U+D800 (lone surrogate)',
      'U+0000 (NUL)',
      'U+FFFE (noncharacter)',
      'U+202E (right-to-left override)',
    ])
  })
})

describe('the story', () => {
  it('has the language of the settings by default', () => {
    expect(
      read(json({}), 'application/json', { ...PUBLICATION, language: 'ar' }).draft.story.language,
    ).toBe('ar')
    expect(read(json({ language: 'UR' }), 'application/json').draft.story.language).toBe('ur')
  })

  it('has an excerpt of at most 280 characters, cut at a word', () => {
    const { excerpt } = read(json({ body: 'word '.repeat(200) }), 'application/json').draft.story
    expect(excerpt).toMatch(/^word( word)* …$/)
    expect([...excerpt].length).toBeLessThanOrEqual(280)
    expect(read(json({ body: '🚀'.repeat(500) }), 'application/json').draft.story.excerpt).toBe(
      `${'🚀'.repeat(278)} …`,
    )
  })

  it('is refused if its HTML becomes larger than a mebibyte', () => {
    const html = `<p>${'&'.repeat(200_000)}</p>`
    expect(expectRefusal(JSON.stringify({ title: 'A', html }), 'application/json')).toMatchObject({
      faults: [{ detail: 'html makes more than 1048576 bytes of HTML', pointer: '/html' }],
    })
  })

  it('has the dateline of the manuscript, which is removed from the beginning of the text', () => {
    const { story } = read(
      json({ dateline: 'LAHORE', body: 'LAHORE: Text.' }),
      'application/json',
    ).draft
    expect([story.dateline, story.html]).toEqual(['LAHORE', '<p>Text.</p>'])
  })
})

describe('the canonical address', () => {
  const getCanonical = (canonical: string): unknown =>
    read(json({ canonical }), 'application/json').draft.canonical
  const getFault = (canonical: string): string =>
    formatReason(expectRefusal(json({ canonical }), 'application/json'))

  it('may be on an allowed host, outside the paths of Dateline', () => {
    expect(getCanonical('https://www.news.example/articles/x')).toBe(
      'https://www.news.example/articles/x',
    )
    expect(getCanonical('https://news.example/2026/x')).toBe('https://news.example/2026/x')
  })

  it('becomes null if it is the address of our own page', () => {
    expect(getCanonical('https://news.example/articles/itcn-asia')).toBeNull()
  })

  it.each([
    'https://evil.example/x',
    'https://news.example:8443/x',
    'https://news.example.evil.example/x',
  ])('on another host is refused: %s', (canonical) => {
    expect(getFault(canonical)).toMatch(/canonical is on host ".*", which is not in ALLOWED_HOSTS$/)
  })

  it.each([
    'https://news.example/',
    'https://news.example/mheng',
    'https://news.example/articles/other',
    'https://news.example/tags/x',
  ])('that Dateline serves itself is refused: %s', (canonical) => {
    expect(getFault(canonical)).toMatch(/canonical is an address that Dateline serves itself$/)
  })
})

describe('getIdFromFileName', () => {
  it.each([
    ['articles/2026-01-15-itcn-asia.md', 'itcn-asia'],
    ['C:\\a\\Story.Markdown', 'story'],
    ['x.json', 'x'],
    ['2026-01-15-.md', '2026-01-15-'],
  ])('turns %s into %s', (name, id) => {
    expect(getIdFromFileName(name)).toBe(id)
  })
})

describe('the stories in articles/', () => {
  const folder = `${import.meta.dirname}/../../articles`
  const files = readdirSync(folder).filter((name) => name.endsWith('.md'))

  it('exist', () => {
    expect(files.length).toBeGreaterThan(10)
  })

  it.each(files)('are manuscripts from which nothing is removed: %s', (name) => {
    const bytes = readFileSync(`${folder}/${name}`)
    const prepared = prepareManuscript(bytes, 'text/markdown', getIdFromFileName(name), PUBLICATION)
    expect(prepared.ok ? prepared.value.removed : prepared.failure).toEqual([])
  })
})

describe('the limit for HTML', () => {
  it('counts each address in the longest form that it may get', () => {
    const links = (count: number): string =>
      JSON.stringify({ title: 'x', html: `<p id="a">${'<a href="#a">b</a>'.repeat(count)}</p>` })
    expect(read(links(400), 'application/json').draft.id).toBe('itcn-asia')
    expect(expectRefusal(links(600), 'application/json')).toMatchObject({
      reason: 'invalid',
      faults: [{ pointer: '/html', detail: 'html makes more than 1048576 bytes of HTML' }],
    })
  })
})
