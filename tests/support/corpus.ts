/**
 * The corpus of the conformance tests: articles that are difficult for every format. They have two
 * right-to-left scripts, markup in titles, pictures with and without type, equal times, an embargo
 * and a withdrawal.
 */
import { statSync } from 'node:fs'
import { expect } from 'vitest'
import {
  type FaultyNewsroom,
  type Manuscript,
  type Newsroom,
  openFaultyNewsroom,
  openNewsroom,
  prepareState,
} from './newsroom.ts'

/** This time is so far in the future that the embargo ends in no test run. */
export const EMBARGO_END = '2099-01-01T00:00:00Z'

/**
 * A title with two predefined XML entities, an undefined one, and a character outside of the Basic
 * Multilingual Plane.
 */
export const MARKUP_TITLE = 'AT&T <b>x</b> says "Q&amp;A" 🚀 &nbsp; <3'

/** A picture on the newsroom's own site, with the type and length that `HEAD` must return. */
export const OWN_PICTURE = {
  url: '/media/feed-timeline.png',
  alt: 'A time line',
  type: 'image/png',
  length: statSync('articles/media/feed-timeline.png').size,
}

/** Settings of the corpus in addition to those of every test. */
export const CORPUS_SETTINGS = {
  LOGO_URL: 'https://news.example/logo.png?size=s&v=2',
  ICON_URL: 'https://news.example/icon.png',
  COPYRIGHT: '© 2026 Test & Press <all>',
  // The corpus is for tests of stories; `corrections.test.ts` tests withdrawal notices.
  WITHDRAWAL_NOTICE_DAYS: '0',
}

/** Public articles, newest first. The two articles of 08:00 are ordered by their ids. */
export const PUBLIC: readonly (Manuscript & {
  id: string
  title: string
  published: string
  canonical?: string
})[] = [
  {
    id: 'arabic',
    title: 'الإمارات تطلق «مسبار الأمل» إلى المريخ',
    summary: ['أول مهمة عربية', 'سبعة أشهر من السفر'],
    body: 'الفقرة الأولى من الخبر.\n\nالفقرة [الثانية](/articles/urdu).',
    section: 'الإمارات',
    tags: ['فضاء', 'Space'],
    dateline: 'أبوظبي',
    authors: ['أمل الحربي'],
    language: 'ar',
    code: 'amal2',
    published: '2026-03-11T10:00:00Z',
  },
  {
    id: 'urdu',
    title: 'پاکستان کا نیا سیٹلائٹ خلا میں',
    summary: 'چاند کے مدار میں',
    body: '**اسلام آباد:** پہلا پیراگراف۔\n\nدوسرا پیراگراف۔',
    section: 'پاکستان',
    tags: ['space'],
    authors: ['ثنا خان'],
    language: 'ur',
    published: '2026-03-11T09:00:00Z',
  },
  {
    id: 'image-untyped',
    title: 'A picture without type',
    summary: 'Its length is not known either',
    body: 'LAHORE: A story.',
    section: 'pakistan',
    tags: ['C#'],
    authors: ['Sana Khan'],
    image: { url: '/media/feed-timeline.png', alt: 'A time line' },
    published: '2026-03-11T08:00:00Z',
  },
  {
    id: 'pictured',
    title: 'A picture with length and type',
    summary: ['One point', 'Another & more'],
    body: 'ISLAMABAD: See ![the crowd](/media/crowd.jpg "A crowd") and [more](#more).\n\n## More\n\nText.',
    section: 'pakistan',
    tags: ['SPACE', 'C++'],
    authors: [
      { name: 'Sana Khan', email: 'sana@news.example', url: 'https://news.example/staff/sana' },
      { name: "Tim O'Brien & Sons" },
      'Desk',
    ],
    image: {
      url: 'https://pictures.example/crowd.jpg?w=1200&h=630',
      alt: 'A "crowd" & <flags>',
      type: 'image/jpeg',
      length: 48213,
      width: 1200,
      height: 630,
      credit: 'Ada <Lens> & Co',
    },
    code: 'AbC',
    published: '2026-03-11T08:00:00Z',
  },
  {
    id: 'markup',
    title: MARKUP_TITLE,
    summary: ['Point <one> & "two"', "It's &lt;literal&gt;"],
    body: 'KARACHI: A & B < C, literally `&amp;` and `<b>`.',
    section: 'Q&A <letters>',
    tags: ['R&D', 'a "quoted" tag', 'space'],
    authors: ['Q & A <Desk>'],
    published: '2026-03-10T12:00:00Z',
  },
  {
    id: 'sections-end',
    title: 'The end of a CDATA section',
    summary: 'It is ]]> and <!-- and </script>',
    body: [
      'HYDERABAD: An array of arrays ends in `a[b[0]]>1` and ]]> and ]]>]]> again.',
      'A comment <!-- of nobody -->, &nbsp; and &eacute;, `<?php ?>`, `</script><script>alert(1)</script>`.',
      'Form feed \u000c, NUL \u0000, backspace \u0008 and vertical tab \u000b, the noncharacter \ufffe.',
    ].join('\n\n'),
    section: 'technology',
    tags: ['xml'],
    authors: ['Desk'],
    published: '2026-03-10T11:00:00Z',
  },
  {
    id: 'no-summary',
    title: 'A story without a summary',
    body: `QUETTA: ${'Words that go on and on. '.repeat(40)}`,
    section: 'pakistan',
    tags: ['space'],
    authors: ['Sana Khan', 'Desk'],
    image: OWN_PICTURE,
    published: '2026-03-10T10:00:00Z',
  },
  {
    id: 'elsewhere',
    title: 'A story with another home',
    summary: 'It lives on the newspaper’s own site',
    body: 'DUBAI: Read it there.',
    section: 'technology',
    tags: ['c#'],
    authors: ['Desk'],
    canonical: 'https://www.news.example/2026/خبر?edition=uae&page=2#story',
    code: 'else-where',
    published: '2026-03-10T09:00:00Z',
  },
  {
    id: 'hostile-html',
    title: 'HTML that nobody should run',
    summary: 'It is cleaned by allow-list',
    html: [
      '<p onclick="alert(1)" style="position:fixed" id="location" class="x">Text kept.</p>',
      '<script>alert(2)</script><style>p{color:red}</style><iframe src="https://video.example"></iframe>',
      '<object data="x"></object><embed src="x"><form action="/x"><input name="a"></form>',
      '<meta http-equiv="refresh" content="0;url=https://evil.example"><base href="https://evil.example">',
      '<a href="java\tscript:alert(3)">one</a> <a href="&#106;avascript:alert(4)">two</a>',
      '<a href="data:text/html,<script>alert(5)</script>">three</a> <a href="vbscript:x">four</a>',
      '<img src="x.png" onerror="alert(6)" srcset="y.png 2x"> <img src="javascript:alert(7)">',
      '<noscript><p title="</noscript><img src=x onerror=alert(10)>"></p></noscript>',
      '<a href="/tags/space">relative</a> <a href="//www.news.example/x">another</a>',
      '<blockquote cite="../quoted">Quoted.</blockquote> <a href="mailto:desk@news.example">mail</a>',
      '<svg><script>alert(8)</script></svg><math><mtext></mtext><style><img src=x onerror=alert(9)>',
    ].join('\n'),
    section: 'technology',
    tags: ['xml'],
    published: '2026-03-10T08:00:00Z',
  },
]

/**
 * An article under embargo. No other article has its code, section, author, place or language, so
 * none of these may be visible.
 */
export const EMBARGOED = {
  id: 'embargoed',
  title: 'Nobody may know of this yet',
  summary: 'A secret',
  body: 'NOWHERE: Not before its time.',
  section: 'embargoed-section',
  tags: ['embargoed-tag', 'space'],
  authors: ['Embargoed Author'],
  dateline: 'Embargoed Place',
  language: 'fi',
  code: 'notyet',
  published: EMBARGO_END,
}

export const WITHDRAWN = {
  id: 'withdrawn',
  title: 'A headline that was taken back',
  summary: 'It was wrong',
  body: 'MULTAN: All of it was wrong.',
  section: 'withdrawn-section',
  tags: ['space'],
  authors: ['Desk'],
  code: 'oops22',
  published: '2026-03-09T09:00:00Z',
}

export const NEWEST_FIRST: readonly string[] = PUBLIC.map(({ id }) => id)

/** The state is prepared once in each Vitest worker. Each test file starts with a copy of it. */
let preparedState: Promise<string> | undefined

const getPreparedCorpus = (): Promise<string> => {
  preparedState ??= prepareState(CORPUS_SETTINGS, publishCorpus)
  return preparedState
}

/** Opens a newsroom that has published the corpus. */
export const openCorpus = async (): Promise<Newsroom> =>
  await openNewsroom(CORPUS_SETTINGS, undefined, await getPreparedCorpus())

/** Opens the same newsroom with injectable failures. */
export const openFaultyCorpus = async (): Promise<FaultyNewsroom> =>
  await openFaultyNewsroom(CORPUS_SETTINGS, await getPreparedCorpus())

/** Publishes the corpus, oldest first, and waits for the outbox to become empty. */
async function publishCorpus(newsroom: Newsroom): Promise<void> {
  for (const { id, ...manuscript } of [EMBARGOED, WITHDRAWN, ...[...PUBLIC].reverse()]) {
    const response = await newsroom.publish(id, manuscript)
    expect(response.status, `${id}: ${await response.text()}`).toBe(201)
  }
  const response = await newsroom.withdraw(WITHDRAWN.id, 'Not true')
  expect(response.status).toBe(200)
  await newsroom.waitForOutbox()
}

/**
 * Returns the paths of a channel's three documents; `folder` is the path of the channel, empty for
 * everything.
 */
export const listDocumentPaths = (folder: string) => ({
  rss: `${folder}/rss.xml`,
  atom: `${folder}/atom.xml`,
  json: `${folder}/feed.json`,
})

/** The paths of all channels of the corpus. */
export const CHANNELS: readonly string[] = [
  '',
  `/sections/${encodeURIComponent('الإمارات')}`,
  '/sections/pakistan',
  '/sections/technology',
  '/sections/qa-letters',
  `/tags/${encodeURIComponent('فضاء')}`,
  '/tags/space',
  '/tags/c%2B%2B',
  '/tags/c%23',
  '/authors/sana-khan',
  '/places/islamabad',
  '/languages/ar',
  '/languages/ur',
  '/languages/en',
]
