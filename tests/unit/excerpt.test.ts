/** The excerpt of a text, for feeds and previews of articles without a summary. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildExcerpt, EXCERPT_CHARACTERS } from '../../src/manuscript/excerpt.ts'
import { cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { runs } from '../support/runs.ts'

const SENTENCES = {
  en: 'The mayor said that nobody had asked her about the bridge. ',
  ar: 'قالت رئيسة البلدية إن أحدا لم يسألها عن الجسر القديم. ',
  ur: 'میئر نے کہا کہ کسی نے ان سے پل کے بارے میں نہیں پوچھا۔ ',
  hi: 'महापौर ने कहा कि पुल के बारे में उनसे किसी ने नहीं पूछा। ',
  zh: '市长说，没有人问过她关于那座桥的事情，也没有人写信给她。',
  ja: '市長は、誰も橋について彼女に尋ねなかったと述べた。',
  th: 'นายกเทศมนตรีกล่าวว่าไม่มีใครถามเธอเกี่ยวกับสะพานนั้น',
} as const

/** Long texts without a space. */
const RUNS: Readonly<Record<string, string>> = {
  zh: '据当地媒体报道该市政府周二宣布将在未来三年内投资建设新的地铁线路'.repeat(14),
  ja: '政府は火曜日に今後三年間で新しい地下鉄路線の建設に投資すると発表した。'.repeat(12),
  th: 'รัฐบาลประกาศแผนการลงทุนครั้งใหญ่ในระบบขนส่งมวลชน'.repeat(12),
  lo: 'ລັດຖະບານປະກາດແຜນການລົງທຶນຄັ້ງໃຫຍ່ໃນລະບົບຂົນສົ່ງມວນຊົນ'.repeat(10),
  km: 'រដ្ឋាភិបាលបានប្រកាសពីផែនការវិនិយោគធំមួយក្នុងប្រព័ន្ធដឹកជញ្ជូន'.repeat(10),
  my: 'အစိုးရသည်သယ်ယူပို့ဆောင်ရေးစနစ်တွင်ရင်းနှီးမြှုပ်နှံမှုအစီအစဉ်'.repeat(10),
  bo: 'བོད་ཀྱི་གསར་འགྱུར་'.repeat(40),
}

function makeExcerpt(form: 'html' | 'markdown', source: string): string {
  const cleaned = cleanMarkup(form, source, { origins: [] })
  if ('detail' in cleaned) throw new Error(cleaned.detail)
  return buildExcerpt(cleaned.text, 'en')
}

describe('an excerpt', () => {
  it.each(Object.entries(SENTENCES))(
    'is almost as long as the limit in %s',
    (language, sentence) => {
      const text = sentence.repeat(20)
      const excerpt = buildExcerpt(text, language)
      const length = Array.from(excerpt).length
      expect(excerpt).toMatch(/ …$/)
      expect(length).toBeLessThanOrEqual(EXCERPT_CHARACTERS)
      expect(length).toBeGreaterThan(EXCERPT_CHARACTERS - 30)
      expect(text.startsWith(excerpt.slice(0, -2))).toBe(true)
    },
  )

  it.each([
    ['a short text', 'A short text.', 'A short text.'],
    ['a text exactly as long as the limit', 'a'.repeat(280), 'a'.repeat(280)],
    ['one endless word', 'a'.repeat(400), `${'a'.repeat(278)} …`],
    [
      'an address that does not fit',
      `${'word '.repeat(30)}https://example.com/${'x'.repeat(300)}`,
      `${'word '.repeat(30).trimEnd()} …`,
    ],
  ])(
    'of %s is cut only if the text is too long, and between words if possible',
    (_, text, excerpt) => {
      expect(buildExcerpt(text, 'en')).toBe(excerpt)
    },
  )

  it.each(['zh', 'ja', 'th', 'lo', 'km', 'my', 'bo'])(
    'divides a run that begins with an address, or has one, in %s',
    (language) => {
      const run = RUNS[language] ?? ''
      const address = 'https://a.example/2026/05/01/a-long-slug-of-a-story.html'
      const length = (text: string): number => Array.from(buildExcerpt(text, language)).length
      expect(length(`${run.slice(0, 20)} ${address}。${run}`)).toBeGreaterThan(240)
      expect(length(`${run.slice(0, 100)}${address}${run}`)).toBeGreaterThan(240)
      for (let before = 180; before < 280; before += 7) {
        const excerpt = buildExcerpt(`${run.slice(0, before)}，${address}，${run}`, language)
        expect(excerpt.includes('https') && !excerpt.includes(address), excerpt).toBe(false)
        expect(Array.from(excerpt).length).toBeGreaterThanOrEqual(EXCERPT_CHARACTERS / 2)
      }
    },
  )

  it('is never cut inside of an emoji, and does not end with an opening bracket', () => {
    expect(buildExcerpt('👩‍👩‍👧‍👦'.repeat(100), 'en')).toMatch(/^(?:👩‍👩‍👧‍👦)+ …$/u)
    for (let before = 260; before < 280; before += 1)
      expect(buildExcerpt(`${'字'.repeat(before)}（${'字'.repeat(40)}`, 'zh')).not.toMatch(/（ …$/)
  })

  it('of a longer text has at least half of the permitted length in every script', () => {
    const word = fc.oneof(
      fc.constantFrom(
        ...Object.values(SENTENCES),
        'https://a.example/x?y=1 ',
        'Word ',
        '（注）',
        '🚀',
      ),
      fc.string({ unit: fc.constantFrom(...'中文桥ไทยकखاب'), minLength: 1, maxLength: 400 }),
    )
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(...Object.keys(SENTENCES)),
        (words, language) => {
          const text = words.join('')
          const excerpt = buildExcerpt(text, language)
          const length = Array.from(excerpt).length
          expect(length).toBeLessThanOrEqual(EXCERPT_CHARACTERS)
          if (excerpt.endsWith(' …') && Array.from(text.trim()).length > EXCERPT_CHARACTERS)
            expect(length).toBeGreaterThanOrEqual(EXCERPT_CHARACTERS / 2)
        },
      ),
      { numRuns: runs(300) },
    )
  })
})

describe('the excerpt', () => {
  it.each([
    ['<p>Augsburg<br>und</p>', 'Augsburg und'],
    [
      '<p>A<a href="#_ftn1" name="_ftnref1">[1]</a>.</p><hr><div id="ftn1"><p><a href="#_ftnref1" name="_ftn1">[1]</a> Note</p></div>',
      'A.',
    ],
    [
      '<p>A<a id="footnote-anchor-1" href="#footnote-1">1</a>.</p><div class="footnote"><a id="footnote-1" href="#footnote-anchor-1">1</a><div><p>Note</p></div></div>',
      'A.',
    ],
    [
      '<ul><li><a id="t" href="#b">To B</a></li></ul><h2 id="b">B <a href="#t">up</a></h2>',
      'To B B up',
    ],
    ['<p>It was <s>12</s> 13, <del>not</del> 14.</p>', 'It was 13, 14.'],
    ['<p>A<sup><a href="#n" id="r">1</a></sup>.</p><p id="n">Note <a href="#r">↩</a></p>', 'A.'],
    ['<figure><img src="/a.jpg" alt=""><figcaption>Caption</figcaption></figure><p>A</p>', 'A'],
    ['<p><ruby>東<rp>(</rp><rt>とう</rt><rp>)</rp></ruby>京</p>', '東京'],
    ['<figure><img src="/a.jpg" alt=""><figcaption>Only</figcaption></figure>', 'Only'],
    ['<ul><li>A<ul><li>B</li></ul></li></ul>', 'A B'],
    ['<iframe src="https://a.example/v" title="YouTube video"></iframe><p>A</p>', 'A'],
    [
      '<figure><video src="https://a.example/v" title="Clip"></video><figcaption>C</figcaption></figure><p>A</p>',
      'A',
    ],
    ['<p><a href="https://a.example/v">Only</a></p>', 'Only'],
    ['<p>Read <a href="https://a.example/v">this</a></p>', 'Read this'],
    ['<p><img src="/a.jpg" alt=""><br><em>Caption</em></p><p>A</p>', 'A'],
    ['<p><img src="/a.jpg" alt=""> Story</p><p>A</p>', 'Story A'],
  ])('of %s is %s', (html, text) => {
    expect(makeExcerpt('html', html)).toBe(text)
  })

  it.each([
    ['10<sup>6</sup> people', '10⁶ people'],
    ['5×10<sup>−3</sup> m<sup>2</sup>', '5×10⁻³ m²'],
    ['<sup>1</sup>/<sub>2</sub> cup', '¹/₂ cup'],
    ['H<sub>2</sub>O, CO<sub>x</sub>, Ca<sup>2+</sup>', 'H₂O, COx, Ca²⁺'],
    ['1<sup>st</sup>, M<sup>me</sup> Curie', '1st, Mme Curie'],
    ['2<sup>2n</sup>, a<sub>1i</sub>, ١٠<sup>٦</sup>', '2^2n, a_1i, ١٠^٦'],
    ['10<sup>6<sup>2</sup></sup>', '10⁶²'],
    ['She said <q>yes</q>.', 'She said “yes”.'],
    ['She said <q>“yes”</q>.', 'She said “yes”.'],
  ])('keeps the meaning of %s', (html, text) => {
    expect(makeExcerpt('html', `<p>${html}</p>`)).toBe(text)
  })

  it.each([
    '<p>Was <a href="https://a.example/map#gaza">120</a> people killed</p>',
    '<p>See figure <a href="#f">2</a>.</p><figure id="f"><img src="/a.jpg" alt=""></figure>',
    '<p>See part <a href="#f">2</a>.</p><h2 id="f">Part</h2>',
    '<p>See part <a href="#f">2</a>.</p><p id="f">Part</p>',
    '<p><a href="https://x.example/#t">30</a>% rose</p>',
    '<p>10<sup><a href="https://x.example/#t">6</a></sup></p>',
  ])('keeps the number that is a link in %s', (html) => {
    expect(makeExcerpt('html', html)).toMatch(/120 people|figure 2\.|part 2\.|30% rose|10⁶/)
  })

  const MARKS = [
    '1',
    '[1]',
    '(12)',
    '१',
    '[१]',
    '[١]',
    '١',
    '注1',
    '※1',
    '［注１］',
    '¹',
    '[a]',
    '*',
  ]
  const BACK = ['↩', '↩\ufe0e', '^', '↑', '[1]', 'Back', '']
  it.each([
    [
      'a paragraph with an id',
      (m, b) => `<p>Text<a href="#n" id="r">${m}</a>.</p><p id="n">NOTE <a href="#r">${b}</a></p>`,
    ],
    [
      'names',
      (m, b) =>
        `<p>Text<a href="#n" name="r">${m}</a>.</p><div><p><a href="#r" name="n">${b}</a> NOTE</p><p>NOTE</p></div>`,
    ],
    [
      'a raised mark',
      (m, b) =>
        `<p>Text<sup id="r"><a href="#n">${m}</a></sup>.</p><h2>NOTES</h2><ol><li id="n"><p>NOTE <a href="#r">${b}</a></p></li></ol>`,
    ],
    [
      'ids on empty elements',
      (m, b) =>
        `<p>Text<span id="r"></span><span><a href="#n"><sup>${m}</sup></a></span>.</p><div><h4>NOTES</h4></div><ol><li><span id="n"></span>NOTE<a href="#r">${b}</a></li></ol>`,
    ],
    [
      'an id in front of the note',
      (m, b) =>
        `<p>Text<a href="#n">${m}</a><a id="r"></a>.</p><p><b>NOTES</b></p><a id="n"></a><p>NOTE <a href="#r">${b}</a></p>`,
    ],
    [
      'a list of terms',
      (m, b) =>
        `<p>Text<a href="#n" id="r">${m}</a>.</p><dl><dt id="n">1 <a href="#r">${b}</a></dt><dd>NOTE</dd></dl>`,
    ],
    [
      'a table',
      (m, b) =>
        `<p>Text<a href="#n" id="r">${m}</a>.</p><table><tr><td id="n"><a href="#r">${b}</a></td><td>NOTE</td></tr></table>`,
    ],
    [
      'brackets around the link',
      (m, b) =>
        `<p>Text [<a href="#n" id="r">${m}</a>].</p><p id="n">NOTE <a href="#r">${b}</a></p>`,
    ],
    [
      'an encoded id',
      (m, b) =>
        `<p>Text<a href="#%D9%86" id="r">${m}</a>.</p><p id="ن">NOTE <a href="#r">${b}</a></p>`,
    ],
  ] satisfies [string, (mark: string, back: string) => string][])(
    'has no footnote whose markup has %s, whatever its mark',
    (_, write) => {
      for (const mark of MARKS)
        for (const back of BACK)
          expect(makeExcerpt('html', `${write(mark, back)}`), mark + back).toBe('Text.')
    },
  )

  it.each([
    ['<p>A<sup>[1]</sup>.</p>', 'A.'],
    ['<p>A<sup><a href="#gone">1</a></sup>.</p>', 'A.'],
    ['<p>A<sup><a href="#n">1</a></sup>.</p><p id="n">1. Note</p>', 'A.'],
    ['<p>A <a href="#n">[1]</a>.</p><p id="n">[1] Note</p>', 'A.'],
    [
      '<p>A<sup><a href="#n">1</a>, <a href="#o">2</a></sup>.</p><p id="n">N</p><p id="o">N</p>',
      'A.',
    ],
  ])('has no footnote to which no link leads back: %s', (html, text) => {
    expect(makeExcerpt('html', html)).toBe(text)
  })

  it('does not contain footnotes of Markdown, nor a heading above them', () => {
    const note = '[^1]: A note.'
    expect(makeExcerpt('markdown', `Text[^1] and more.\n\n${note}`)).toBe('Text and more.')
    expect(makeExcerpt('markdown', `Text[^1].\n\n## Notes\n\n${note}`)).toBe('Text.')
    expect(makeExcerpt('markdown', `Text.\n\n${note}`)).toBe('Text.')
  })

  it('contains the parts to which a list of numbers leads', () => {
    const html =
      '<p>Parts: <a id="t" href="#c">1</a> | <a id="u" href="#d">2</a></p><div id="c">C <a href="#t">up</a></div><div id="d">D <a href="#u">up</a></div>'
    expect(makeExcerpt('html', html)).toBe('Parts: 1 | 2 C up D up')
  })
})
