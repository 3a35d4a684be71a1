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
    [
      '<p>Was <a href="https://acled.example/map#gaza">120</a> people killed</p>',
      'Was 120 people killed',
    ],
    ['<p id="fig2">See figure <a href="#fig2">2</a>.</p>', 'See figure 2.'],
    ['<p><a href="https://x.example/#t">30</a>% rose</p>', '30% rose'],
    [
      '<p>10<sup>6</sup> people, 5×10<sup>−3</sup> and CO<sub>2</sub></p>',
      '10⁶ people, 5×10⁻³ and CO₂',
    ],
    ['<p>The 1<sup>st</sup> said <q>yes</q> to it</p>', 'The 1st said “yes” to it'],
    [
      '<p>نص<a href="#_ftn1" name="_ftnref1">[١]</a> بقية</p><p><a href="#_ftnref1" name="_ftn1">[١]</a> المصدر</p>',
      'نص بقية',
    ],
    ['<p>文<a id="r1" href="#n1">注1</a>本</p><p id="n1"><a href="#r1">注1</a> 出典</p>', '文本'],
    [
      '<p>A<sup id="fnref:1"><a href="#fn:1">1</a></sup>.</p><ol><li id="fn:1"><p>Note <a href="#fnref:1">&#8617;&#xfe0e;</a></p></li></ol>',
      'A.',
    ],
    [
      '<p>Text<span id="ref"></span><a href="#note">iv</a> goes.</p><ul><li><span id="note"></span>SOURCE <a href="#ref"></a></li></ul>',
      'Text goes.',
    ],
    ['<iframe src="https://x.example/v" title="Player"></iframe><p>Story</p>', 'Story'],
    ['<p><a href="https://x.example/">Only a link</a></p>', 'Only a link'],
    [
      '<div class="wp-caption"><img src="/a.jpg"><p class="wp-caption-text">CAP</p></div><p>A</p>',
      'A',
    ],
  ])('of %s is %s', (html, text) => {
    expect(makeExcerpt('html', html)).toBe(text)
  })

  it.each([
    [
      '据当地媒体报道该市政府周二宣布将在未来三',
      '据当地媒体报道该市政府周二宣布将在未来三年内修建新桥',
    ],
    ['รัฐบาลประกาศว่าจะสร้างสะพานใหม่', 'รัฐบาลประกาศว่าจะสร้างสะพานใหม่ภายในสามปี'],
    ['市は火曜日に新しい橋を', '市は火曜日に新しい橋を三年以内に建設すると発表した'],
  ])('uses its room around an address in a script without spaces: %s', (start, sentence) => {
    const address = 'https://x.example/2026/05/01/a-long-slug-of-a-story'
    const excerpt = buildExcerpt(`${start} ${address}。${sentence.repeat(20)}`, 'en')
    expect(excerpt).toContain(address)
    expect(Array.from(excerpt).length).toBeGreaterThan(EXCERPT_CHARACTERS / 2)
    const late = buildExcerpt(`${sentence.repeat(9)}，${address}。${sentence.repeat(9)}`, 'en')
    expect(late.includes('https://') && !late.includes(address)).toBe(false)
  })

  it('does not contain footnotes of Markdown', () => {
    expect(makeExcerpt('markdown', 'Text[^1] and more.\n\n[^1]: A note.')).toBe('Text and more.')
  })
})
