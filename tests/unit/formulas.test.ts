/** Formulas of MathML, which become text that means the same. */
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
const write = (formula: string): string => clean(`<p><math>${formula}</math></p>`).text

describe('a formula', () => {
  it.each([
    ['<mn>1</mn><mfrac><mn>1</mn><mn>2</mn></mfrac>', '1 1/2'],
    ['<mfrac><mn>1</mn><mn>2</mn></mfrac><mi>x</mi>', '1/2 x'],
    ['<msup><mn>10</mn><mn>6</mn></msup><mn>5</mn>', '10^6 5'],
    ['<mn>2</mn><mo>&InvisibleTimes;</mo><mn>3</mn>', '2·3'],
    ['<mn>2</mn><mo>&InvisibleTimes;</mo><mi>x</mi>', '2x'],
    ['<msqrt><mn>2</mn></msqrt><mn>3</mn>', '√2 3'],
    ['<msub><mi>H</mi><mn>2</mn></msub><mi>O</mi>', 'H_2O'],
    ['<mi>sin</mi><mi>x</mi>', 'sin x'],
    ['<mi>E</mi><mo>=</mo><mi>m</mi><mi>c</mi>', 'E=mc'],
    ['<mtext>profit</mtext><mo>=</mo><mtext>loss</mtext>', 'profit = loss'],
    ['<mi>f</mi><mo>(</mo><mi>x</mi><mo>)</mo><mtext>if</mtext><mn>1</mn>', 'f(x) if 1'],
    [
      '<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd></mtr></mtable>',
      '1 2; 3',
    ],
    ['words', 'words'],
  ])('keeps its numbers and words apart: %s', (formula, text) => {
    expect(write(formula)).toBe(text)
  })

  it.each([
    ['<msup><mrow><mi>m</mi><mi>c</mi></mrow><mn>2</mn></msup>', '(mc)^2'],
    [
      '<msup><mrow><mo>(</mo><mi>a</mi><mo>+</mo><mi>b</mi><mo>)</mo></mrow><mn>2</mn></msup>',
      '(a+b)^2',
    ],
    ['<msup><mn>-2</mn><mn>4</mn></msup>', '(-2)^4'],
    ['<msup><mfrac><mn>1</mn><mn>2</mn></mfrac><mn>2</mn></msup>', '(1/2)^2'],
    ['<mfrac><mn>1</mn><mfrac><mn>2</mn><mn>3</mn></mfrac></mfrac>', '1/(2/3)'],
    [
      '<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mrow><mn>2</mn><mi>c</mi></mrow></mfrac>',
      '(a+b)/(2c)',
    ],
    [
      '<mfrac><mtext>people in work</mtext><mtext>people</mtext></mfrac>',
      '(people in work)/people',
    ],
    ['<mfenced><mi>a</mi><mi>b</mi></mfenced>', '(a, b)'],
    ['<mfenced open="[" close="[" separators=""><mi>a</mi></mfenced>', '[a['],
    [
      '<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>',
      '∑_(i=1)^n',
    ],
    [
      '<mmultiscripts><mi>U</mi><none/><none/><mprescripts/><mn>92</mn><mn>238</mn></mmultiscripts>',
      '_92^238 U',
    ],
    ['<mover><mi>x</mi><mo>¯</mo></mover>', 'x¯'],
  ])('has brackets where its layout showed the order: %s', (formula, text) => {
    expect(write(formula)).toBe(text)
  })

  it.each([
    ['<mphantom><mn>7</mn></mphantom><mn>8</mn>', '8'],
    ['<maction selection="2"><mi>a</mi><mi>b</mi></maction>', 'b'],
    [
      '<semantics><mi>x</mi><annotation encoding="application/x-tex">y</annotation></semantics>',
      'x',
    ],
    ['<semantics><annotation encoding="application/x-tex">\\pi</annotation></semantics>', '\\pi'],
  ])('shows what a browser would show, or else its source: %s', (formula, text) => {
    expect(write(formula)).toBe(text)
  })

  it('reports what its layout showed, but not a line', () => {
    expect(clean('<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>').removed).toEqual([
      'layout of the formula "1/2"',
    ])
    expect(clean('<math><mrow><mi>a</mi><mo>=</mo><mn>1</mn></mrow></math>').removed).toEqual([])
  })

  it('keeps its link and its id; several links are reported', () => {
    expect(
      clean('<p><a href="#e">1</a> <math id="e"><mi href="https://a.example/">x</mi></math></p>')
        .html,
    ).toBe('<p><a href="#e">1</a> <span id="e"><a href="https://a.example/">x</a></span></p>')
    expect(
      clean(
        '<math><mtext><a href="https://a.example/">x</a><a href="https://b.example/">y</a></mtext></math>',
      ),
    ).toMatchObject({
      text: 'xy',
      removed: ['<math> with "https://a.example/"', '<math> with "https://b.example/"'],
    })
  })

  it('on a line of its own does not touch the text beside it', () => {
    expect(clean('a<math display="block"><mi>x</mi></math>b').text).toBe('a\nx\nb')
    expect(clean('<p>a<math display="block"><mi>x</mi></math>b</p>').text).toBe('a x b')
  })

  it('has the same numbers in the same order as its source', () => {
    const number = fc.integer({ min: 10, max: 99 }).map((n) => `<mn>${n}</mn>`)
    const { formula } = fc.letrec<{ formula: string }>((tie) => {
      const inner = tie('formula')
      const wrap = (name: string, ...parts: string[]): string =>
        `<${name}>${parts.join('')}</${name}>`
      const pair = fc.constantFrom('mfrac', 'msup', 'msub', 'munder', 'mover', 'mtr')
      const triple = fc.constantFrom('msubsup', 'munderover', 'mrow')
      const single = fc.constantFrom('msqrt', 'mrow', 'mtd', 'mstyle', 'menclose', 'mtable', 'ci')
      return {
        formula: fc.oneof(
          { maxDepth: 4, depthIdentifier: 'formula' },
          number,
          fc.constantFrom(
            '<mi>x</mi>',
            '<mi>sin</mi>',
            '<mtext>if</mtext>',
            '<mo>+</mo>',
            '<mo>&#x2062;</mo>',
            '',
          ),
          fc
            .tuple(pair, inner, inner)
            .map(([name, a, b]) => wrap(name, wrap('mrow', a), wrap('mrow', b))),
          fc
            .tuple(triple, inner, inner, inner)
            .map(([name, ...parts]) => wrap(name, ...parts.map((part) => wrap('mrow', part)))),
          fc.tuple(single, inner).map(([name, a]) => wrap(name, a)),
          fc.tuple(inner, inner).map((parts) => parts.join('')),
        ),
      }
    })
    fc.assert(
      fc.property(fc.array(formula, { minLength: 1, maxLength: 4 }), (parts) => {
        const source = parts.join('')
        const text = write(source)
        expect(text.match(/\d+/g) ?? []).toEqual(source.match(/(?<=<mn>)\d+/g) ?? [])
        for (const words of text.match(/\p{L}+/gu) ?? []) expect(words).toMatch(/^(?:x+|sin|if)$/)
      }),
      { numRuns: runs(500) },
    )
  })
})
