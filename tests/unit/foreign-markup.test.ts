/** Markup that stored HTML may not have: its texts, blocks and addresses are preserved. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { SITE_MARK } from '../../src/text/characters.ts'
import { runs } from '../support/runs.ts'

function clean(html: string): { html: string; text: string; removed: string[] } {
  const cleaned = cleanMarkup('html', html, { origins: ['https://news.example'] })
  if ('detail' in cleaned) throw new Error(cleaned.detail)
  return { ...cleaned, html: cleaned.html.replaceAll(SITE_MARK, '') }
}
const VIDEO_URL = 'https://www.youtube.com/embed/x1'

describe('texts of different blocks', () => {
  it.each([
    ['<address>A</address><address>B</address>', '<div>A</div><div>B</div>', 'A\nB'],
    ['<article><header>A</header>B<footer>C</footer></article>', undefined, 'A\nB\nC'],
    ['<ul><li>A<ul><li>B</li></ul></li></ul>', undefined, 'A\nB'],
    ['<p>Augsburg<br>und</p>', '<p>Augsburg<br>und</p>', 'Augsburg\nund'],
    ['<menu><li>A</li><li>B</li></menu>', '<ul><li>A</li><li>B</li></ul>', 'A\nB'],
    ['<table><tr><td>A</td><td>B</td></tr></table>', undefined, 'A\nB'],
  ])('in %s are separated', (source, html, text) => {
    const cleaned = clean(source)
    if (html !== undefined) expect(cleaned.html).toBe(html)
    expect(cleaned.text).toBe(text)
  })

  it('are always separated, in the HTML and in the text', () => {
    const name = fc.constantFrom(
      ...'address article aside main center menu nav header footer section div p h2 blockquote figure details summary dialog fieldset hgroup li dd dt pre'.split(
        ' ',
      ),
    )
    const word = fc.constantFrom('Latin', 'عربی', 'اردو', 'हिन्दी', '中文', '日本語', 'ไทย')
    const block = fc.tuple(name, word).map(([tag, text]) => `<${tag}>${text}</${tag}>`)
    fc.assert(
      fc.property(fc.array(block, { minLength: 2, maxLength: 6 }), name, (blocks, outer) => {
        for (const source of [blocks.join(''), `<${outer}>${blocks.join('')}</${outer}>`]) {
          const { html, text } = clean(source)
          expect(text.split(/\s+/)).toHaveLength(blocks.length)
          const parts = html.split(
            /<\/?(?:div|section|p|h\d|ul|ol|li|dl|dd|dt|blockquote|pre|figure|figcaption|details|summary)>/,
          )
          expect(parts.filter((part) => part.trim() !== '')).toHaveLength(blocks.length)
        }
      }),
      { numRuns: runs(300) },
    )
  })
})

describe('words beside something that is replaced or removed', () => {
  it.each([
    [
      `<p>Alpha<iframe src="${VIDEO_URL}" title="Clip"></iframe>Beta</p>`,
      `<p>Alpha <a href="${VIDEO_URL}">Clip</a> Beta</p>`,
    ],
    [
      `<p>(<video src="${VIDEO_URL}"></video>)</p>`,
      `<p>(<a href="${VIDEO_URL}">www.youtube.com</a>)</p>`,
    ],
    ['<p>Alpha<video src="blob:x"></video>Beta</p>', '<p>Alpha Beta</p>'],
    ['<div>Alpha<object></object>Beta</div>', '<div>Alpha Beta</div>'],
    ['<p><my-card>Alpha</my-card><my-card>Beta</my-card></p>', '<p>Alpha Beta</p>'],
    ['<p><button>Alpha</button><label>Beta</label></p>', '<p>Alpha Beta</p>'],
    [
      '<span style="display:block">Alpha</span><span style="display: flex">Beta</span>',
      '<span>Alpha</span> <span>Beta</span>',
    ],
    ['<marquee>Alpha</marquee><form>Beta</form>', '<div>Alpha</div><div>Beta</div>'],
    ['<p>a<font color="red">b</font>c</p>', '<p>abc</p>'],
  ])('stay separate: %s', (source, html) => {
    expect(clean(source).html.replaceAll(/<\/?span>/g, '')).toBe(html.replaceAll(/<\/?span>/g, ''))
  })
})

it('a form keeps its text, and an address of another host is reported', () => {
  expect(clean('<form action="https://x.example/go"><h2>T</h2><p>Story</p></form>')).toMatchObject({
    html: '<div><h2>T</h2><p>Story</p></div>',
    removed: ['<form> with "https://x.example/go"'],
  })
  expect(clean('<form action="./default.aspx"><p>Story</p></form>').removed).toEqual([])
})

it.each([
  ['<mfrac><mn>1</mn><mn>2</mn></mfrac>', '1/2'],
  ['<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>', '(a+b)/2'],
  ['<msup><mn>10</mn><mn>6</mn></msup>', '10^6'],
  ['<msub><mi>H</mi><mn>2</mn></msub><mi>O</mi>', 'H_2O'],
  ['<msqrt><mi>x</mi></msqrt>', '√x'],
  [
    '<mtable><mtr><mtd>1</mtd><mtd>2</mtd></mtr><mtr><mtd>3</mtd><mtd>4</mtd></mtr></mtable>',
    '1 2; 3 4',
  ],
])('the formula %s keeps its meaning as text', (source, text) => {
  const cleaned = clean(`<p>so <math alttext="\\frac">${source}</math> ok</p>`)
  expect(cleaned.text).toBe(`so ${text} ok`)
  expect(cleaned.removed).toEqual([`layout of the formula "${text}"`])
})

it('the texts in a formula do not run together', () => {
  const source =
    '<p><math><mtext>profit</mtext><mtext>loss</mtext><mtext>if </mtext><mi>x</mi></math></p>'
  expect(clean(source)).toMatchObject({ text: 'profit loss if x', removed: [] })
})

describe('a layout table', () => {
  it.each([
    [
      '<table role="presentation"><tr><td><p>A</p></td><td>B</td></tr><tr><td>C</td></tr></table>',
      '<div><p>A</p></div><div>B</div><div>C</div>',
    ],
    ['<table><tr><td>A</td></tr><tr><td>B</td></tr></table>', '<div>A</div><div>B</div>'],
    [
      '<table role="NONE"><caption>T</caption><tr><th>A</th></tr></table>',
      '<div>T</div><div>A</div>',
    ],
    [
      '<table><tr><td><table><tr><td>A</td></tr></table></td></tr></table>',
      '<div><div>A</div></div>',
    ],
    ['<table><tr><td dir="rtl" lang="ar">A</td></tr></table>', '<div lang="ar" dir="rtl">A</div>'],
    ['<table dir="rtl"><tr lang="ar"><td>A</td></tr></table>', '<div lang="ar" dir="rtl">A</div>'],
  ])('%s is unwrapped', (source, html) => {
    expect(clean(source)).toMatchObject({ html, removed: [] })
  })

  it.each([
    '<table><tbody><tr><td>A</td><td>B</td></tr></tbody></table>',
    '<table><thead><tr><th>A</th></tr></thead><tbody><tr><td>B</td></tr></tbody></table>',
    '<table><caption>T</caption><tbody><tr><td>A</td></tr></tbody></table>',
    '<table><tbody><tr><th>A</th></tr><tr><td>B</td></tr></tbody></table>',
  ])('is not suspected in %s', (source) => {
    expect(clean(source).html).toBe(source)
  })
})

describe('embedded media', () => {
  it.each([
    [
      `<iframe src="${VIDEO_URL}" title="The launch"></iframe>`,
      `<p><a href="${VIDEO_URL}">The launch</a></p>`,
    ],
    [
      `<p>See <iframe src="${VIDEO_URL}"></iframe></p>`,
      `<p>See <a href="${VIDEO_URL}">www.youtube.com</a></p>`,
    ],
    [
      '<video controls><source src="https://a.example/v.webm"><source src="https://a.example/v.mp4">No video.</video>',
      '<p><a href="https://a.example/v.webm">a.example</a></p><p><a href="https://a.example/v.mp4">a.example</a></p>',
    ],
    [
      '<audio src="/media/a.mp3"><a href="/media/a.mp3">Download</a></audio>',
      '<p><a href="/media/a.mp3">Download</a></p>',
    ],
    [
      '<object data="https://a.example/x.pdf"><embed src="https://a.example/x.pdf"></object>',
      '<p><a href="https://a.example/x.pdf">a.example</a></p>',
    ],
    [
      '<amp-youtube data-videoid="abc"></amp-youtube>',
      '<p><a href="https://www.youtube.com/watch?v=abc">www.youtube.com</a></p>',
    ],
    [
      '<figure class="wp-block-embed"><div class="wp-block-embed__wrapper">\nhttps://youtu.be/x1\n</div></figure>',
      '<figure><div><a href="https://youtu.be/x1">https://youtu.be/x1</a></div></figure>',
    ],
  ])('such as %s become links', (source, html) => {
    expect(clean(source).html.replaceAll(/\n/g, '')).toBe(html)
  })

  it('that cannot become a link are reported with their address', () => {
    expect(clean('<p>a</p><iframe src="javascript:alert(1)"></iframe>')).toMatchObject({
      html: '<p>a</p>',
      removed: ['<iframe> with "javascript:alert(1)"'],
    })
    expect(
      clean(`<a href="https://b.example"><iframe src="${VIDEO_URL}"></iframe>b</a>`),
    ).toMatchObject({
      html: '<a href="https://b.example/">b</a>',
      removed: [`<iframe> with "${VIDEO_URL}"`],
    })
  })
})

describe('a picture', () => {
  const PICTURE = 'https://a.example/p.jpg'
  it.each([
    [`<img src="data:image/gif;base64,R0" data-src="${PICTURE}" alt="x">`, [PICTURE]],
    [
      `<img data-src="${PICTURE}" alt="x"><noscript><img src="${PICTURE}" alt="x"></noscript>`,
      [PICTURE],
    ],
    [`<img srcset="https://a.example/s.jpg 320w, ${PICTURE} 1280w" alt="x">`, [PICTURE]],
    [`<picture><source srcset="${PICTURE} 2x"><img alt="x"></picture>`, [PICTURE]],
    [`<amp-img src="${PICTURE}" width="9" height="9"></amp-img>`, [PICTURE]],
    [`<noscript><img src="${PICTURE}" alt="x"></noscript>`, [PICTURE]],
    ['<img src="">', []],
    ['<img src=" " alt="x">', []],
    ['<img src="https://t.example/p?x" width="1" height="1">', []],
  ])('such as %s has its real address, or is removed', (source, addresses) => {
    const { html } = clean(`<p>a</p>${source}`)
    expect([...html.matchAll(/<img[^>]* src="([^"]*)"/g)].map(([, address]) => address)).toEqual(
      addresses,
    )
  })

  it.each([
    `src="https://cdn.example/1x1.trans.gif" data-lazy-src="${PICTURE}"`,
    `src="/lazy_placeholder.gif" data-src="${PICTURE}" data-lazy-type="image"`,
    `src="https://a.example/p.jpg?w=20" data-src="${PICTURE}"`,
    `src="placeholder.png" data-srcset="https://a.example/s.jpg 300w, ${PICTURE} 600w"`,
    `src="https://a.example/blank.gif" srcset="https://a.example/s.jpg 300w,${PICTURE} 600w"`,
    `data-cfsrc="${PICTURE}"`,
    `data-ll-src="${PICTURE}"`,
    `data-lazyload="${PICTURE}"`,
    `data-actualsrc="${PICTURE}"`,
    `data-echo="${PICTURE}"`,
    `data-pagespeed-lazy-src="${PICTURE}" src="/pagespeed_static/1.gif"`,
    `data-src="https://a.example/s.jpg 1x, ${PICTURE} 2x"`,
    `src="${PICTURE}" data-src="https://a.example/{width}.jpg"`,
    `nitro-lazy-src="${PICTURE}" src="data:image/svg+xml;base64,R0"`,
    `src="${PICTURE}" data-lowsrc="https://a.example/low.jpg" data-lazy="true"`,
    `src="${PICTURE}" data-fallback-src="/none.jpg" data-original-title="A. B."`,
  ])('with %s has the address that a script would load', (attributes) => {
    expect(clean(`<img ${attributes}>`)).toMatchObject({
      html: `<img src="${PICTURE}" alt="">`,
      removed: [],
    })
  })

  it.each([
    [`<picture><source srcset="https://a.example/a,w_300/p.jpg 2x"></picture>`],
    [`<picture><source data-srcset="https://a.example/a,w_300/p.jpg"><img src="/b.gif"></picture>`],
    [`<input type="image" src="https://a.example/a,w_300/p.jpg">`],
  ])('in %s becomes an image', (source) => {
    expect(clean(source).html).toBe('<img src="https://a.example/a,w_300/p.jpg" alt="">')
  })

  it.each([
    'width="1" height="1"',
    'width="1px" height="0px"',
    'style="width:1px;height:1px"',
    'style="border: 0; width: 1px !important; height: 0" width="9"',
    'width="1" style="height:1px"',
  ])('of one pixel, with %s, is reported with its host', (attributes) => {
    expect(clean(`<p>a</p><img src="https://t.example/p" ${attributes}>`)).toMatchObject({
      html: '<p>a</p>',
      removed: ['picture of one pixel from t.example'],
    })
  })

  it.each([
    `<amp-img src="${PICTURE}" width="1" height="1" layout="responsive"></amp-img>`,
    `<img src="${PICTURE}" width="1" height="1" style="width:100%;height:auto">`,
  ])('such as %s is no pixel, and stays none', (source) => {
    const { html } = clean(source)
    expect(html).toBe(`<img src="${PICTURE}" alt="">`)
    expect(clean(html).html).toBe(html)
  })

  it('for readers without scripts is dropped only if the text shows it elsewhere', () => {
    const copy = `<noscript><img src="${PICTURE}"></noscript>`
    const lazy = `<img src="/b.gif" data-src="${PICTURE}">`
    for (const source of [copy + lazy, lazy + copy])
      expect(clean(source)).toMatchObject({ html: `<img src="${PICTURE}" alt="">`, removed: [] })
    const link = '<a href="/full">'
    expect(
      clean(`${link}${lazy}</a><noscript>${link}<img src="${PICTURE}"></a></noscript>`),
    ).toEqual(clean(`${link}${lazy}</a>`))
    expect(clean(`${lazy}<p>Again: <img src="${PICTURE}" alt="b"></p>`).html).toBe(
      `<img src="${PICTURE}" alt=""><p>Again: <img src="${PICTURE}" alt="b"></p>`,
    )
  })

  it('that cannot be shown is reported with the words that stand for it', () => {
    expect(clean('<p>a</p><img src="data:image/png;base64,R0" alt="Jobless: 5%">')).toMatchObject({
      html: '<p>a</p>',
      removed: ['<img> with "data:", alt "Jobless: 5%"'],
    })
  })
})

describe('a medium in a line', () => {
  const LINK = `<a href="${VIDEO_URL}">Clip</a>`
  it.each([
    [`Alpha<iframe src="${VIDEO_URL}" title="Clip"></iframe>Beta`, `Alpha ${LINK} Beta`],
    [
      `<b>Alpha<iframe src="${VIDEO_URL}" title="Clip"></iframe></b>Beta`,
      `<b>Alpha ${LINK} </b>Beta`,
    ],
    [`(<iframe src="${VIDEO_URL}" title="Clip"></iframe>)`, `(${LINK})`],
    [`Alpha,<iframe src="${VIDEO_URL}" title="Clip"></iframe>.`, `Alpha, ${LINK}.`],
    ['Alpha<video src="blob:x"></video>Beta', 'Alpha Beta'],
    ['Alpha<object></object>Beta', 'Alpha Beta'],
    ['Alpha<svg></svg>Beta', 'Alpha Beta'],
    ['(<object></object>Beta)', '(Beta)'],
    [
      `Alpha<font><iframe src="${VIDEO_URL}" title="Clip"></iframe></font>Beta`,
      `Alpha ${LINK} Beta`,
    ],
  ])('such as %s does not touch the words beside it', (line, html) => {
    expect(clean(`<p>${line}</p>`).html).toBe(`<p>${html}</p>`)
  })
})

describe('an embedded post', () => {
  const POST = 'https://a.example/post/1'
  const LINK = `<a href="${POST}">a.example</a>`
  it.each([
    [`<div class="fb-post" data-href="${POST}"></div>`, `<div><p>${LINK}</p></div>`],
    [`<div data-oembed-url="${POST}"></div>`, `<div><p>${LINK}</p></div>`],
    [`<div data-pym-src="${POST}"></div>`, `<div><p>${LINK}</p></div>`],
    [
      `<blockquote class="instagram-media" data-instgrm-permalink="${POST}?utm_source=x"><a href="${POST}">a.example</a></blockquote>`,
      `<blockquote>${LINK}</blockquote>`,
    ],
    [
      `<blockquote class="tiktok-embed" cite="${POST}"><section></section></blockquote>`,
      `<blockquote cite="${POST}"><section></section><p>${LINK}</p></blockquote>`,
    ],
    [
      `<div class="fb-video" data-href="${POST}"><p>x</p></div>`,
      `<div><p>x</p><p>${LINK}</p></div>`,
    ],
    [`<p>a <span data-href="${POST}">b</span></p>`, `<p>a <a href="${POST}">b</a></p>`],
    [`<p><a href="#" data-href="${POST}">b</a></p>`, `<p><a href="${POST}">b</a></p>`],
    [
      `<figure class="media"><oembed url="${POST}"></oembed></figure>`,
      `<figure><p>${LINK}</p></figure>`,
    ],
    [`<amp-tiktok data-src="${POST}"></amp-tiktok>`, `<p>${LINK}</p>`],
    [`<amp-iframely data-url="${POST}"></amp-iframely>`, `<p>${LINK}</p>`],
    [`<audio-player src="${POST}"></audio-player>`, `<p>${LINK}</p>`],
    [`<fb:post href="${POST}"></fb:post>`, `<p>${LINK}</p>`],
    [
      `<my-player src="${POST}">Words <b>stay</b></my-player>`,
      `<p>${LINK}</p><p>Words <b>stay</b></p>`,
    ],
  ])('such as %s becomes a link', (source, html) => {
    expect(clean(source)).toMatchObject({ html, removed: [] })
  })

  it.each([
    ['<lite-youtube videoid="abc123"></lite-youtube>', 'https://www.youtube.com/watch?v=abc123'],
    [
      '<amp-youtube data-live-channelid="UC1"></amp-youtube>',
      'https://www.youtube.com/embed/live_stream?channel=UC1',
    ],
    [
      '<amp-dailymotion data-videoid="x3"></amp-dailymotion>',
      'https://www.dailymotion.com/video/x3',
    ],
    ['<amp-twitter data-tweetid="12"></amp-twitter>', 'https://twitter.com/i/status/12'],
  ])('such as %s has its address from its id', (source, address) => {
    expect(clean(source).html).toContain(`<a href="${address}">`)
  })

  it.each([
    [
      '<amp-brightcove data-account="1" data-video-id="77"></amp-brightcove>',
      '<amp-brightcove> with data-video-id "77"',
    ],
    ['<div class="infogram-embed" data-id="a/b"></div>', '<div> with data-id "a/b"'],
    [`<div data-url="${POST}"><p>A story.</p></div>`, `data-url "${POST}" on <div>`],
    [
      `<table><tr data-href="${POST}"><td>a</td><td>b</td></tr></table>`,
      `data-href "${POST}" on <tr>`,
    ],
  ])('such as %s is reported if it cannot become a link', (source, what) => {
    expect(clean(`<p>a</p>${source}`).removed).toContain(what)
  })
})

describe('words beside a medium', () => {
  it('stay with the links for readers without scripts', () => {
    expect(clean('<noscript><a href="/v">Watch</a> the clip</noscript>').html).toBe(
      '<a href="/v">Watch</a> the clip',
    )
    expect(clean('<video src="/v"><p>No? <a href="/w">Load</a> it</p></video>').html).toBe(
      '<p><a href="/v">/v</a></p><p>No? <a href="/w">Load</a> it</p>',
    )
  })

  it('are reported if they are removed', () => {
    expect(clean('<video src="/v"><p>Transcript: <b>Alpha</b>.</p></video>').removed).toEqual([
      'text in <video> "Transcript:  Alpha ."',
    ])
  })
})

describe('a link without words', () => {
  it.each([
    ['<a href="/r"><svg aria-label="Report"><path/></svg></a>', 'Report'],
    ['<a href="/r"><svg><title>Report</title></svg></a>', 'Report'],
    ['<a href="/r"><img src="" alt="Annual report"></a>', 'Annual report'],
    ['<a href="/r" title="Report"><img src="data:x"></a>', 'Report'],
    ['<a href="/r"><video src="https://b.example/v"></video></a>', '/r'],
    ['<a href="/r" aria-label="Report"></a>', 'Report'],
    ['<map name="m"><area href="/r" alt="Region"></map>', 'Region'],
    ['<svg><a xlink:href="/r"><text>Map</text></a></svg>', 'Map'],
  ])('such as %s gets those that stand for its content', (source, label) => {
    expect(clean(source).html).toMatch(new RegExp(`^<a href="/r"[^>]*>${label}</a>$`))
  })

  it('stays empty if it only marks a place', () => {
    expect(clean('<h2 id="x">T<a href="#x"><svg></svg></a></h2>').html).toContain('></a>')
  })
})

describe('an address of removed markup', () => {
  const ADDRESS = 'https://a.example/1'
  it.each([
    `<iframe src="/1"><a href="${ADDRESS}">t</a></iframe>`,
    `<iframe srcdoc="&lt;a href='${ADDRESS}'&gt;t&lt;/a&gt;"></iframe>`,
    `<video src="/v" poster="${ADDRESS}"></video>`,
    `<video src="/v"><track src="${ADDRESS}"></video>`,
    `<svg><image href="${ADDRESS}"/></svg>`,
    `<div style="background-image: url('${ADDRESS}')"></div>`,
    `<div data-bg="url(${ADDRESS})"></div>`,
    `<select><option value="${ADDRESS}">t</option></select>`,
    `<template><a href="${ADDRESS}">t</a></template>`,
    `<a href="/x"><amp-vimeo src="${ADDRESS}"></amp-vimeo></a>`,
    '<video src="/v"><source src="rtmp://a.example/1"></video>',
  ])('such as %s is reported', (source) => {
    expect(clean(`<p>a</p>${source}`).removed.join(' ')).toContain('//a.example/1')
  })
})

it.each([
  '<p><a href="#v">V</a></p><p><font id="v">x</font></p>',
  '<p><a href="#v">V</a></p><picture id="v"><img src="/a.png"></picture>',
  '<p><a href="#v">V</a></p><video id="v" src="/v.mp4"></video>',
  '<p><a href="#v%20w">V</a></p><p id="v w">x</p>',
  '<p><a href="#v">V</a></p><table role="none"><tr id="v"><td>x</td></tr></table>',
])('an element that is replaced stays the target of a link: %s', (source) => {
  const { html, removed } = clean(source)
  const [, id = ''] = /#([\w-]+)"/.exec(html) ?? []
  expect(html).toContain(` id="${id}"`)
  expect(removed.join()).not.toContain('no target')
})

it('hidden text is removed and reported if it is short', () => {
  expect(
    clean('<div style="display:none">Preheader</div><p hidden>b</p><p>Story</p>'),
  ).toMatchObject({ html: '<p>Story</p>', removed: ['hidden text "Preheader"', 'hidden text "b"'] })
  const long = 'Word '.repeat(100).trim()
  expect(clean(`<div style="display: none">${long}</div>`).text).toBe(long)
})

it('a check box outside of lists keeps its state', () => {
  expect(clean('<p><input type="checkbox" checked> done</p>').html).toBe('<p>☑ done</p>')
})

describe('markup of text editors', () => {
  it.each([
    [
      '<b style="font-weight:normal" id="docs-internal-guid-1"><p><span style="font-weight:700">Bold</span> and <span style="font-style:italic">italic</span></p></b>',
      '<p><strong>Bold</strong> and <em>italic</em></p>',
    ],
    ['<p style="font-weight:bold">a</p>', '<p><strong>a</strong></p>'],
    [
      '<p><span style="font:italic bold 12px Arial">a</span></p>',
      '<p><strong><em>a</em></strong></p>',
    ],
    ['<p><font style="font-weight:700">a</font></p>', '<p><strong>a</strong></p>'],
    ['<div style="font-weight:bold"><p>a</p></div>', '<div><p>a</p></div>'],
    ['<p><strike>a</strike> <tt>b</tt></p>', '<p><s>a</s> <code>b</code></p>'],
    [
      '<p><math><mi>E</mi><mo>=</mo><mi>m</mi><annotation>E=m</annotation></math></p>',
      '<p>E=m</p>',
    ],
    ['<p><ruby>東<rt>とう</rt></ruby></p>', '<p><ruby>東<rt>とう</rt></ruby></p>'],
    [
      '<p><a href="tel:+97144476540" rel="sponsored nofollow x">a</a></p>',
      '<p><a href="tel:+97144476540" rel="sponsored nofollow">a</a></p>',
    ],
  ])('such as %s keeps its meaning', (source, html) => {
    expect(clean(source).html.replaceAll(/<\/?span>/g, '')).toBe(html)
  })
})

it('every address that a reader could follow becomes a link or is reported', () => {
  const host = fc.constantFrom('a.example', 'b.example/x?y=1&z', 'مثال.example/خبر')
  const scheme = fc.constantFrom('https://', 'http://', '//')
  const address = fc
    .tuple(scheme, host, fc.nat(99))
    .map(([before, rest, n]) => `${before}${rest}/${n}`)
  const markup = fc.constantFrom<(address: string) => string>(
    (at) => `<iframe src="${at}"></iframe>`,
    (at) => `<p>a <iframe data-src="${at}" title="t"></iframe></p>`,
    (at) => `<video src="${at}"></video>`,
    (at) => `<audio><source src="${at}"></audio>`,
    (at) => `<object data="${at}"></object>`,
    (at) => `<object><embed src="${at}"></object>`,
    (at) => `<video><p>No. <a href="${at}">Download</a></p></video>`,
    (at) => `<noscript><iframe src="${at}"></iframe></noscript>`,
    (at) => `<amp-iframe src="${at}"></amp-iframe>`,
    (at) => `<a href="/x"><iframe src="${at}"></iframe></a>`,
    (at) => `<table><tr><td><embed src="${at}"></td></tr></table>`,
    (at) => `<ul><li><video><source src="${at}"></video></li></ul>`,
    (at) => `<iframe data-src-cmplz="${at}" src="about:blank"></iframe>`,
    (at) => `<iframe data-cookieblock-src="${at}"></iframe>`,
    (at) => `<video><source data-src="${at}"></video>`,
    (at) => `<object><param name="movie" value="${at}"></object>`,
    (at) => `<map><area href="${at}" alt="t"></map>`,
    (at) => `<svg><a href="${at}"><text>t</text></a></svg>`,
    (at) => `<p>a<x-player data-url="${at}"></x-player>b</p>`,
    (at) => `<section><div data-embed-url="${at}"></div></section>`,
    (at) => `<div data-href="${at}"><p>Text and a <a href="/x">link</a></p></div>`,
    (at) => `<table><tr data-href="${at}"><td>a</td></tr></table>`,
    (at) => `<noscript><p>a</p><div><embed src="${at}"></div></noscript>`,
    (at) => `<template><video poster="${at}"></video></template>`,
    (at) => `<a href="${at}"><svg></svg></a>`,
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(markup, address), { minLength: 1, maxLength: 5 }), (media) => {
      const { html, removed } = clean(media.map(([write, at]) => write(at)).join(''))
      expect(clean(html).html).toBe(html)
      for (const [, at] of media) {
        const { href } = new URL(at, 'https://news.example/')
        const isLinked = html.includes(`href="${href.replaceAll('&', '&#x26;')}"`)
        expect(html).not.toMatch(/<a [^>]*><\/a>/)
        expect(isLinked || removed.some((what) => what.includes(at)), `${at} in ${html}`).toBe(true)
      }
    }),
    { numRuns: runs(300) },
  )
})
