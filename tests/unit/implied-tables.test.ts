/** Rows and cells of tables that come without their table, as editors paste them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { runs } from '../support/runs.ts'

function clean(source: string, form: 'html' | 'markdown' = 'html') {
  const cleaned = cleanMarkup(form, source, { origins: ['https://news.example'] })
  if ('detail' in cleaned) throw new Error(cleaned.detail)
  return cleaned
}
const ROW = '<tr><td>A</td><td>B</td></tr>'
const TABLE = `<table><tbody>${ROW}</tbody></table>`

describe('parts of a table', () => {
  it.each([
    [ROW, TABLE],
    ['<td>A</td><td>B</td>', TABLE],
    ['<td>A<td>B', TABLE],
    [`<!--StartFragment--><col><col>${ROW}<!--EndFragment-->`, TABLE],
    [`<p>x</p>${ROW}<p>y</p>`, `<p>x</p>${TABLE}<p>y</p>`],
    [`<div>${ROW}</div>y`, `<div>${TABLE}</div>y`],
    ['<div><td>A<td>B</div><p>y</p>', `<div>${TABLE}</div><p>y</p>`],
    [`<tbody>${ROW}</tbody>y`, `${TABLE}y`],
    [`${ROW}</table><p>y</p>`, `${TABLE}<p>y</p>`],
    [`${ROW}<table>${ROW}</table>`, `${TABLE}${TABLE}`],
    [
      `<caption>C</caption><thead><tr><th>H</th></tr></thead>${ROW}`,
      `<table><caption>C</caption><thead><tr><th>H</th></tr></thead><tbody>${ROW}</tbody></table>`,
    ],
    ['<tr><td>A</td></tr><tr><td>B</td></tr>', '<div>A</div><div>B</div>'],
    ['<caption>C</caption><p>y</p>', '<div>C</div><p>y</p>'],
    ['<td>A<table><tr><td>B<td>C</table><td>D', undefined],
  ])('get the table that they lack: %s', (source, html) => {
    const cleaned = clean(source)
    if (html !== undefined) expect(cleaned.html).toBe(html)
    expect(cleaned.text.split('\n')).not.toContain('AB')
    expect(clean(cleaned.html).html).toBe(cleaned.html)
  })

  it('get it in Markdown too', () => {
    const { html } = clean(`x\n\n${ROW}\n\ny`, 'markdown')
    expect(html.replaceAll('\n', '')).toBe(`<p>x</p>${TABLE}<p>y</p>`)
  })

  it.each([
    '<col><p>Story</p>',
    '<col>Story',
    '<colgroup><col><p>Story</p>',
    '<!-- a --><col span=2>\n<p>Story</p>',
  ])('do not take the story with them: %s', (source) => {
    expect(clean(source)).toMatchObject({
      html: expect.stringMatching(/^(?:<p>)?Story/),
      text: 'Story',
    })
  })

  it('stay words of the sentence in a paragraph, and separate the words beside them', () => {
    expect(clean('<p>one<td>two</td><tr>three</p><p>four</p>').html).toBe(
      '<p>one two three</p><p>four</p>',
    )
    expect(clean('a <td> b\n\nc', 'markdown').text).toMatch(/^a\s+b\nc$/)
  })

  it('keep all texts apart and in their order, wherever they stand', () => {
    const piece = fc.constantFrom(
      ...'<col> <colgroup> <caption> <thead> <tbody> <tr> <td> <th> </td> </tr> </tbody> </table> <table> <div> </div> <p> </p> <ul><li> </ul> <b> </b> <select> </select> <svg> </svg>'.split(
        ' ',
      ),
    )
    const part = fc.tuple(piece, fc.boolean())
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
        const source = parts.map(([tag, hasText], n) => (hasText ? `${tag}w${n}w` : tag)).join('')
        const { html, text } = clean(source)
        expect(clean(html).html).toBe(html)
        if (/<(?:table|select|svg|caption|b|\/b)>/.test(source)) return
        const words = parts.flatMap(([tag, hasText], n) =>
          hasText ? [{ tag, word: `w${n}w` }] : [],
        )
        expect(
          text.split(/\s+/).join(' ').replaceAll('ww', 'w w').split(' ').filter(Boolean),
        ).toEqual(words.map(({ word }) => word))
        const cells = words.filter(({ tag }) => /^<t[dh]>$/.test(tag))
        for (const { word } of cells) expect(text).toMatch(new RegExp(`(?:^|\\s)${word}`))
      }),
      { numRuns: runs(500) },
    )
  })
})
