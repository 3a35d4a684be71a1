/** Raw HTML in Markdown never hides the text after it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { completePiece } from '../../src/manuscript/raw-html.ts'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { runs } from '../support/runs.ts'

function clean(markdown: string): { html: string; text: string } {
  const cleaned = cleanMarkup('markdown', markdown, { origins: [] })
  if ('detail' in cleaned) throw new Error(cleaned.detail)
  return cleaned
}
const readText = (markdown: string): string => clean(markdown).text

describe('completePiece', () => {
  it.each([
    ['<b>bold</b>', '<b>bold</b>'],
    ['<!-- to be continued', '<!-- to be continued-->'],
    ['<!-- a --> b', '<!-- a --> b'],
    ['<!--> b', '<!--> b'],
    ['<!---> b', '<!---> b'],
    ['<?php echo', '<?php echo>'],
    ['<!DOCTYPE html', '<!DOCTYPE html>'],
    ['<![CDATA[ a > b', ' b'],
    ['</ 1', '</ 1>'],
    ['a < b', 'a < b'],
    ['<a href="x', ''],
    ['x <a href="x>y', 'x '],
    ["<a title='a>b' href=x>c", "<a title='a>b' href=x>c"],
    ['<a title=a"b>c', '<a title=a"b>c'],
    ['<a "b>c', '<a "b>c'],
    ['<div\nclass', ''],
    ['<plaintext>a', 'a'],
    ['<script>if (a<b) "</b>"</SCRIPT >c', '<script></SCRIPT >c'],
    ['<script><!--<script></script>a', '<script></script>a'],
    ['<style></styles></style', '<style>'],
    ['<!-- a --!> b', '<!-- a --!> b'],
    ['<!-- a --!> <b title="-->', '<!-- a --!> '],
    ['<div class=x="> a', '<div class=x="> a'],
    ['<div ="x>a', '<div ="x>a'],
    ['<a b = "c>d" e>f', '<a b = "c>d" e>f'],
    ['<br/>a', '<br/>a'],
    ['<title>a <!-- b</title>c', '<title></title>c'],
    ['<xmp>a</xmp>b', '<xmp>a</xmp>b'],
  ])('turns %s into %s', (raw, html) => {
    expect(completePiece(raw, undefined).html).toBe(html)
  })

  it.each(['</title', '</title "', '</title a=">'])('ignores an incomplete end tag: %s', (half) => {
    expect(completePiece(`<title>a${half}`, undefined)).toEqual({
      html: '<title>',
      openElement: 'title',
    })
  })

  it('leaves a text element open, so that a later piece can close it', () => {
    const first = completePiece('a <script>', undefined)
    expect(first).toEqual({ html: 'a <script>', openElement: 'script' })
    expect(completePiece('<b></script> d <title>', first.openElement)).toEqual({
      html: '</script> d <title>',
      openElement: 'title',
    })
  })

  it('takes linear time', () => {
    const long = '<a =" '.repeat(40_000)
    expect(completePiece(long, undefined).html).toBe('')
    expect(completePiece('<script>'.repeat(40_000), undefined).openElement).toBe('script')
  })
})

const piece = fc.constantFrom(
  ...['<b>', '</b>', '<i title="a', '<!--', '-->', '<!', '<?x', '</', '<![CDATA[', ']]>', '>', '"'],
  ...['<script>', '</script>', '<style>', '<textarea>', '</textarea>', '<title>', '<xmp>', 'a=b'],
  ...['</title', '</iframe', '</style a="', '<svg>', '</svg>', '--!>', '<xmp><!--', '=">', 'x=y="'],
  ...['<iframe>', '<plaintext>', '<p>', '</div>', '<div', '<br>', '<a href=x>', "<q cite='", ' '],
)
const raw = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''))

describe('the text of a manuscript', () => {
  it('continues after a block of HTML, whatever the block leaves open', () => {
    fc.assert(
      fc.property(raw, (html) => {
        expect(clean(`<div>${html}\n\nThe next paragraph\n`).html).toContain('The next paragraph')
      }),
      { numRuns: runs(300) },
    )
  })

  it('continues after a paragraph with an open script, which is removed', () => {
    expect(readText('One <script>alert(1)</script> two.')).toBe('One  two.')
    expect(readText('One <script>alert(1)\n\nTwo.')).toBe('One \nTwo.')
    expect(readText('- <title>a\n\n  b\n- c')).toContain('c')
  })
})
