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

  const ADDRESS = 'https://x.example/post'
  it.each([
    `<div class="fb-post" data-href="${ADDRESS}"></div>`,
    `<div data-oembed-url="${ADDRESS}"></div>`,
    `<blockquote class="instagram-media" data-instgrm-permalink="${ADDRESS}"></blockquote>`,
    `<blockquote class="tiktok-embed" cite="${ADDRESS}"><section></section></blockquote>`,
    `<p><span>${ADDRESS}</span></p>`,
    `<p><strong>${ADDRESS}</strong><br></p>`,
    `<blockquote>${ADDRESS}</blockquote>`,
    `<figure class="media"><oembed url="${ADDRESS}"></oembed></figure>`,
    `<p><a data-href="${ADDRESS}">the post</a></p>`,
    `<amp-tiktok data-src="${ADDRESS}"></amp-tiktok>`,
    `<amp-iframely data-url="${ADDRESS}"></amp-iframely>`,
    `<amp-video-iframe src="${ADDRESS}"></amp-video-iframe>`,
    `<audio-player src="${ADDRESS}"></audio-player>`,
    `<iframe data-src-cmplz="${ADDRESS}" src="about:blank"></iframe>`,
    `<iframe data-litespeed-src="${ADDRESS}"></iframe>`,
    `<iframe data-cookieblock-src="${ADDRESS}"></iframe>`,
    `<video><source data-src="${ADDRESS}"></video>`,
    `<object><param name="movie" value="${ADDRESS}"></object>`,
    `<map name="m"><area href="${ADDRESS}" alt="The post"></map>`,
    `<p><svg><a href="${ADDRESS}"><text>The post</text></a></svg></p>`,
    `<p><a href="${ADDRESS}"><svg aria-label="Report"></svg></a></p>`,
    `<p><a href="${ADDRESS}"><img src="" alt="Annual report"></a></p>`,
    `<p><a href="${ADDRESS}"><video src="https://y.example/v.mp4"></video></a></p>`,
  ])('and posts have a link with words: %s', (source) => {
    const { html } = clean(source)
    expect(html).toMatch(new RegExp(`<a href="${ADDRESS}">[^<]+</a>`))
    expect(clean(html).html).toBe(html)
  })

  it.each([
    ['<lite-youtube videoid="abc"></lite-youtube>', 'https://www.youtube.com/watch?v=abc'],
    [
      '<amp-dailymotion data-videoid="x1"></amp-dailymotion>',
      'https://www.dailymotion.com/video/x1',
    ],
  ])('named by an id have the address of the service: %s', (source, address) => {
    expect(clean(source).html).toContain(`<a href="${address}">`)
  })

  it.each([
    [`<applet code="${ADDRESS}"></applet>`, `<applet> with "${ADDRESS}"`],
    [`<button formaction="${ADDRESS}">Go</button>`, `<button> with "${ADDRESS}"`],
    [`<svg><image href="${ADDRESS}"/></svg>`, `<image> with "${ADDRESS}"`],
    [`<input type="image" src="${ADDRESS}">`, `<input> with "${ADDRESS}"`],
    [`<a href="/x" ping="${ADDRESS}">x</a>`, `ping "${ADDRESS}" on <a>`],
    [`<iframe src="/x"><a href="${ADDRESS}">t</a></iframe>`, `<iframe> with "${ADDRESS}"`],
    [`<iframe srcdoc="<a href='${ADDRESS}'>t</a>"></iframe>`, `<iframe> with "${ADDRESS}"`],
  ])('and other elements are removed with a report of their addresses: %s', (source, what) => {
    expect(clean(`<p>a</p>${source}`).removed).toContain(what)
  })

  it('report the id of a service without known addresses, posters and subtitles', () => {
    expect(clean('<p>a</p><amp-brightcove data-video-id="12"></amp-brightcove>').removed).toEqual([
      '<amp-brightcove> with data-video-id="12"',
    ])
    expect(
      clean(
        '<video src="/v.mp4" poster="https://x.example/p.jpg"><track src="https://x.example/s.vtt"></video>',
      ).removed,
    ).toEqual([
      '<track> with "https://x.example/s.vtt"',
      'poster "https://x.example/p.jpg" on <video>',
    ])
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
    [`<img src="https://c.example/1x1.trans.gif" data-lazy-src="${PICTURE}">`, [PICTURE]],
    [`<img src="https://c.example/low.jpg?w=20" data-src="${PICTURE}">`, [PICTURE]],
    [`<img src="https://c.example/p.png" data-srcset="${PICTURE} 600w">`, [PICTURE]],
    [`<img src="/blank.gif" data-actualsrc="${PICTURE}">`, [PICTURE]],
    [`<img src="/blank.gif" nitro-lazy-src="${PICTURE}">`, [PICTURE]],
    [`<img src="${PICTURE}" data-lazy-loaded="1" data-lazy-sizes="100vw">`, [PICTURE]],
    [`<noscript><img src="${PICTURE}"></noscript><img data-src="${PICTURE}">`, [PICTURE]],
    [`<img src="${PICTURE}"><p>b</p><img src="${PICTURE}">`, [PICTURE, PICTURE]],
    [`<amp-img src="${PICTURE}" width="1" height="1" layout="responsive"></amp-img>`, [PICTURE]],
    [`<picture><source srcset="${PICTURE} 2x"></picture>`, [PICTURE]],
    [`<img data-orig-file="${PICTURE}">`, [PICTURE]],
    [`<img data-src="${PICTURE}"><p>again:</p><img src="${PICTURE}">`, [PICTURE, PICTURE]],
    ['<img src="https://t.example/p" width="1px" height="1px">', []],
    ['<img src="https://t.example/p" style="width:1px; height:1px">', []],
    ['<img src="">', []],
    ['<img src=" " alt="x">', []],
    ['<img src="https://t.example/p?x" width="1" height="1">', []],
  ])('such as %s has its real address, or is removed', (source, addresses) => {
    const { html } = clean(`<p>a</p>${source}`)
    expect([...html.matchAll(/<img[^>]* src="([^"]*)"/g)].map(([, address]) => address)).toEqual(
      addresses,
    )
  })

  it('of one pixel is reported with its host', () => {
    expect(clean('<p>a</p><img src="https://t.example/p" width="0" height="0">').removed).toEqual([
      'picture of one pixel from t.example',
    ])
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
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(markup, address), { minLength: 1, maxLength: 5 }), (media) => {
      const { html, removed } = clean(media.map(([write, at]) => write(at)).join(''))
      for (const [, at] of media) {
        const { href } = new URL(at, 'https://news.example/')
        const isLinked = html.includes(`href="${href.replaceAll('&', '&#x26;')}"`)
        expect(isLinked || removed.some((what) => what.includes(at)), `${at} in ${html}`).toBe(true)
      }
    }),
    { numRuns: runs(300) },
  )
})
