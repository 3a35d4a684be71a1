/** What readers of the original do not see, and what only seems to be hidden. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { PAGE_MARK } from '../../src/text/characters.ts'
import { runs } from '../support/runs.ts'

function clean(html: string): { html: string; text: string; removed: string[] } {
  const cleaned = cleanMarkup('html', html, { origins: ['https://news.example'] })
  if ('detail' in cleaned) throw new Error(cleaned.detail)
  return { ...cleaned, html: cleaned.html.replaceAll(PAGE_MARK, '') }
}

const HIDING = [
  'hidden',
  'hidden="hidden"',
  'hidden="true"',
  'style="display:none"',
  'style="color: red; DISPLAY : none !important"',
  'style="display:block;display:none"',
  'style="visibility:hidden"',
  'style="mso-hide:all"',
  'style="max-height:0px;overflow:hidden"',
  'style="overflow: hidden; height: 0"',
  'style="position:absolute;left:-9999px"',
]

describe('hidden text', () => {
  it.each(HIDING)('is removed and reported with its words: <div %s>', (attributes) => {
    expect(clean(`<div ${attributes}>Not <b>shown</b></div><p>Story</p>`)).toEqual({
      html: '<p>Story</p>',
      text: 'Story',
      removed: ['hidden text "Not shown"'],
      warnings: [],
    })
  })

  it('is removed from every element, without a trace in the summary', () => {
    const name = fc.constantFrom(...'div p span td section h2 li a b blockquote form'.split(' '))
    fc.assert(
      fc.property(name, fc.constantFrom(...HIDING), (tag, attributes) => {
        const hidden = `<${tag} ${attributes}>Secret</${tag}>`
        const source = tag === 'td' ? `<table><tr>${hidden}<td>A<td>B</table>` : hidden
        const { html, text, removed } = clean(`${source}<p>Story</p>`)
        expect(html + text).not.toContain('Secret')
        expect(removed).toEqual(['hidden text "Secret"'])
      }),
      { numRuns: runs(100) },
    )
  })

  it('is reported with the addresses in it, and those of hidden media', () => {
    expect(
      clean(
        '<p>a</p><div hidden><a href="https://b.example/">b</a></div><iframe style="display:none" src="https://c.example/"></iframe>',
      ),
    ).toMatchObject({
      html: '<p>a</p>',
      removed: [
        'hidden text "b"',
        'hidden address "https://b.example/"',
        'hidden address "https://c.example/"',
      ],
    })
  })
})

describe('text stays', () => {
  it.each([
    ['if a link leads to it', '<a href="#n">1</a><p id="n" hidden>N</p>'],
    [
      'if a link leads to a part of it',
      '<a href="#%D8%AE">1</a><div style="display:none"><p id="خ">N</p></div>',
    ],
    ['if a search of the page shows it', '<p hidden="until-found">N</p>'],
    ['if a later style shows it', '<p style="display:none;display:block">N</p>'],
    ['if only programs that read aloud skip it', '<p aria-hidden="true">N</p>'],
    [
      'if the style is another one',
      '<p style="mso-display:none;background:url(display:none)">N</p>',
    ],
    ['if it has a height', '<p style="max-height:0.5em;overflow:hidden">N</p>'],
    ['in a cell without space between its words', '<p style="font-size:0">N</p>'],
    ['if it is so long that it opens with a click', `<p hidden>N ${'long '.repeat(80)}</p>`],
  ])('%s', (_, source) => {
    expect(clean(source).text).toContain('N')
  })

  it('at an empty target that has no height', () => {
    const html = '<p><a href="#t">1</a><a style="visibility:hidden" id="t"></a></p>'
    expect(clean(html).html).toBe('<p><a href="#t">1</a><a id="t"></a></p>')
  })

  it('as a picture that a script shows when it has loaded it', () => {
    const picture = 'https://a.example/p.jpg'
    expect(clean(`<img style="display:none" data-src="${picture}">`).html).toContain(picture)
  })
})
