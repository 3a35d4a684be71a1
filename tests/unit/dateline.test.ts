/** Datelines: which texts before a colon are places, and where the place is printed again. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildEntry, renderFullText } from '../../src/feeds/entry.ts'
import { isDateline } from '../../src/manuscript/places.ts'
import { type CleanedMarkup, cleanMarkup } from '../../src/manuscript/sanitize.ts'
import { measureCpuSeconds } from '../support/cpu-time.ts'
import { runs } from '../support/runs.ts'
import { buildArticle, PUBLICATION } from '../support/stories.ts'

function clean(source: string, dateline?: string): CleanedMarkup {
  const cleaned = cleanMarkup('html', source, { origins: ['https://news.example'], dateline })
  if ('detail' in cleaned) throw new Error(cleaned.detail)
  return cleaned
}

const render = (manuscript: Record<string, unknown>): string => {
  const article = buildArticle(manuscript)
  return renderFullText(article, buildEntry(article, PUBLICATION).url, PUBLICATION)
}

const split = (names: string): string[] => names.split('|').map((name) => name.trim())

const CAPITALS =
  split(`ISLAMABAD|NEW YORK, N.Y.|WASHINGTON, D.C.|PORTLAND, OR|KYIV (Reuters)|THE HAGUE|
  KYIV, Ukraine (AP)|PARIS (Agence France-Presse)|WASHINGTON (The Associated Press)|TEL AVIV|PORT SAID|
  FORT WORTH|LIMA|UAE|NEWPORT NEWS|KEY WEST|FRANKFURT AM MAIN|BERGEN OP ZOOM|A CORUÑA|BAD HOMBURG|
  DERA ISMAIL KHAN|ISLAMABAD/NEW DELHI|N’DJAMENA|STOKE-ON-TRENT|READING|COMO|LEER|ΑΘΗΝΑ|МОСКВА|
  РОСТОВ-НА-ДОНУ|İSTANBUL|SÃO PAULO|TRINIDAD AND TOBAGO|COLLEGE STATION|LONG BEACH|ÅRE`)
const BOLD =
  split(`Abu Dhabi|Rio de Janeiro|Sharm el-Sheikh|Yamoussoukro, Côte d’Ivoire|Port of Spain|
  القاهرة|رأس الخيمة|مكة المكرمة|الخبر|هو تشي منه|دبي (رويترز)|نئی دہلی|ڈیرہ اسماعیل خان|کراچی|کوئٹہ|
  नई दिल्ली|राय बरेली|पटना|दिल्ली (भाषा)|北京|图们|喀什|北京（新华社）|乌鲁木齐|臺北|東京|さいたま|霞が関|
  ニューヨーク|西之島|กรุงเทพฯ|서울|תל אביב`)

const CAPITAL_LABELS =
  split(`LIVE|LIVE UPDATES|WATCH|WATCH LIVE|BREAKING NEWS|JUST IN|Q|A|AI|Q1|UPDATE 2|
  PART 1|COVID-19|10 THINGS|FACT CHECK|FACTBOX|TOP STORIES|THE FACTS|THE LATEST|THE BIG PICTURE|FYI|
  TLDR|NATO|PRESS RELEASE|FOR IMMEDIATE RELEASE|PHOTO ESSAY|OP-ED|EDITORIAL NOTE|TRIGGER WARNING|IN BRIEF|
  IN PICTURES|BY THE NUMBERS|AT A GLANCE|MORE TO READ|KEY TAKEAWAYS|STATEMENT|REACTION|RECOMMENDATIONS|
  JOHN F. KENNEDY|DR. SMITH|MONDAY|WICHTIG|ACHTUNG|LESEN SIE AUCH|DAS WICHTIGSTE|EN BREF|ATTENTION|
  CE QU’IL FAUT SAVOIR|OPINIÓN|LEA TAMBIÉN|LEGGI ANCHE|SON DAKİKA|BACA JUGA|ВАЖНО|СРОЧНО|ФОТО|ΠΡΟΣΟΧΗ`)
const BOLD_LABELS =
  split(`Why it matters|Why It Matters|The big picture|The Big Picture|What happened|
  What We Know|How It Works|Key takeaways|Key Takeaways|Key Dates|Background|Summary|Reporter|Context|
  Transcript|Bottom Line|Driving the news|By the Numbers|State of play|Go Deeper|Fact Check|Disclosure|
  Editor’s Note|Note to readers|Sponsored Content|Question 1|Q. Who are you|J. Smith|Discussion|
  ملاحظة|ملحوظة|عاجل|خاص|الملخص|أبرز النقاط|لماذا يهم|ماذا حدث|اقرأ المزيد|المراسل|
  نوٹ|ادارتی نوٹ|اہم نکات|خلاصہ|تازہ ترین|پس منظر|مزید پڑھیں|کیا ہوا|
  नोट|प्रश्न|उत्तर|मुख्य बातें|ताज़ा|विशेष|यह भी पढ़ें|बड़ी खबर|
  核心提示|摘要|编者按|記者|问|注|新闻背景|延伸阅读|本报讯|導讀|社説|ライブ|まとめ|要旨|詳しく読む|質問|
  หมายเหตุ|วิเคราะห์|สด|속보|Примечание|Обновлено`)

describe('a place before a colon', () => {
  it.each(CAPITALS)('is the dateline if it is in capitals: %s', (place) => {
    expect(clean(`<p>${place}: The text.</p>`)).toMatchObject({
      html: '<p>The text.</p>',
      dateline: place,
      removed: [],
    })
  })

  it.each([...CAPITALS, ...BOLD])('is the dateline if it is bold: %s', (place) => {
    for (const lead of [`<strong>${place}:</strong>`, `<b>${place}</b> :`, `<b>${place}：</b>`])
      expect(clean(`<p>${lead} The text.</p>`)).toMatchObject({
        html: '<p>The text.</p>',
        dateline: place,
      })
  })

  it.each([...CAPITAL_LABELS, ...BOLD_LABELS])('is no dateline if it is a label: %s', (label) => {
    const sources = [`<p>${label}: The text.</p>`, `<p><strong>${label}:</strong> The text.</p>`]
    for (const source of sources) {
      expect(clean(source).html).toBe(source)
      expect(clean(source).dateline).toBeUndefined()
    }
  })

  // The names of countries and cities in the Unicode data are a check that no one made for it.
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const codes = letters.flatMap((first) => letters.map((second) => first + second))
  it.each([
    'en',
    'ar',
    'ur',
    'hi',
    'zh',
    'zh-Hant',
    'ja',
    'fa',
    'he',
    'ko',
    'th',
    'bn',
    'tr',
    'id',
  ])('may be almost every country, in %s', (language) => {
    const names = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' })
    const countries = codes.map((code) => names.of(code)).filter((name) => name !== undefined)
    const missed = countries.filter((name) => !isDateline(name))
    expect(countries.length).toBeGreaterThan(240)
    expect(missed.length / countries.length, missed.join('|')).toBeLessThan(0.04)
  })

  it('may be every city that has a time zone', () => {
    const cities = Intl.supportedValuesOf('timeZone').map((zone) =>
      zone.replace(/^.*\//, '').replaceAll('_', ' '),
    )
    expect(cities.filter((city) => /\D/.test(city) && !isDateline(city.toUpperCase()))).toEqual([])
    expect(cities.length).toBeGreaterThan(300)
  })
})

describe('the dateline is found', () => {
  it.each([
    ['<div>LAHORE: x</div>', '<div>x</div>'],
    ['LAHORE: x<p>y</p>', 'x<p>y</p>'],
    ['<p><b><i>LAHORE:</i></b> x</p>', '<p>x</p>'],
    ['<p><strong>LA</strong><strong>HORE:</strong> x</p>', '<p>x</p>'],
    ['<p><strong>LAHORE:</strong><strong> x</strong></p>', '<p><strong>x</strong></p>'],
    ['<p>\u200fLAHORE: x</p>', '<p>x</p>'],
    ['<p>\u200b<b>LAHORE\u200f:</b>\u200f x</p>', '<p>\u200f x</p>'],
    ['<p><b>LAHORE</b>:<br>x</p>', '<p>x</p>'],
    ['<p><b>LAHORE</b>﹕x</p>', '<p>x</p>'],
    ['<p>LAHORE : x</p>', '<p>x</p>'],
    ['<p><br>LAHORE: x</p>', '<p><br>x</p>'],
    ['<p>LAHORE: <a href="https://a.example/">The court</a> said.</p>', undefined],
    ['<p>LAHORE: x</p><p><b>Background:</b> y</p>', '<p>x</p><p><b>Background:</b> y</p>'],
    ['<p><b>LAHORE:</b> x</p><p>Ratio: <b>2:1</b></p>', undefined],
    [
      '<p><b>LAHORE:</b> x</p><p><b>ALSO READ:</b> <a href="https://a.example/">y</a></p>',
      undefined,
    ],
  ])('in %j', (source, html) => {
    const cleaned = clean(source)
    expect(cleaned.dateline).toBe('LAHORE')
    if (html !== undefined) expect(cleaned.html).toBe(html)
  })

  it('behind a player, which becomes a link', () => {
    const source = '<iframe src="https://v.example/1"></iframe><p>LAHORE: x</p>'
    expect(clean(source).dateline).toBe('LAHORE')
    expect(render({ html: source })).toMatch(/<\/a><\/p><p><strong>LAHORE:<\/strong> x<\/p>$/)
  })
})

describe('no dateline is found', () => {
  it.each([
    ['an interview', '<p><b>Anna Schmidt:</b> Why?</p><p><b>Ben Weiss:</b> Because.</p>'],
    ['an interview in capitals', '<p>ANNA SCHMIDT: Why?</p><p>So.</p><p>BEN WEISS: Because.</p>'],
    ['an interview in lines', '<p><b>Anna:</b> Why?<br><b>Ben:</b> Because.</p>'],
    ['an interview in a line', '<p><b>Anna:</b> Why? <b>Ben:</b> Because.</p>'],
    ['an interview in blocks', '<div><b>Anna:</b> Why?</div><div><b>Ben:</b> Because.</div>'],
    ['topics', '<p><b>Prospects:</b> Good.</p><p>So.</p><p><b>What comes next:</b> More.</p>'],
    ['topics in Arabic', '<p><b>المشهد:</b> نص.</p><p><b>القادم:</b> نص.</p>'],
    ['the head of a list', '<p><b>Zutaten:</b></p><ul><li>Salz</li></ul>'],
    ['a label of a link', '<p><b>Lahore:</b> <a href="https://a.example/">Maps</a></p>'],
    ['a link', '<p><a href="https://a.example/">LAHORE</a>: x</p>'],
    ['the target of a link', '<p><b id="a">LAHORE:</b> x <a href="#a">y</a></p>'],
    ['a bold sentence', '<p><b>LAHORE: the whole sentence.</b> x</p>'],
    ['a title', '<p><i>PARIS: The Memoir</i> is a book.</p>'],
    ['a dash', '<p>WASHINGTON (AP) — x</p>'],
    ['another block', '<h2>A</h2><p>LAHORE: x</p>'],
    ['an unpaired isolate', '<p>\u2067LAHORE: x\u2069</p>'],
  ])('in %s', (_, source) => {
    expect(clean(source).dateline).toBeUndefined()
    expect(clean(source).text).toBe(clean(source, 'Nowhere').text)
  })
})

describe('a dateline that the manuscript has too', () => {
  it.each([
    ['Islamabad', 'ISLAMABAD — Text', 'Text'],
    ['Islamabad', 'ISLAMABAD -- Text', 'Text'],
    ['Islamabad', 'ISLAMABAD– Text', 'Text'],
    ['Islamabad', 'Islamabad – Text', 'Text'],
    ['Islamabad', 'ISLAMABAD (Reuters) - Text', '(Reuters) Text'],
    ['Islamabad', '<b>ISLAMABAD</b> — Text', 'Text'],
    ['Islamabad', '<b>Islamabad</b> (AFP) — text', '(AFP) text'],
    ['Islamabad', 'ISLAMABAD, Pakistan: Text', 'Text'],
    ['Islamabad', 'ISLAMABAD, March 4 (Xinhua) -- Text', 'March 4 (Xinhua) Text'],
    ['Islamabad, Pakistan', 'ISLAMABAD: Text', 'Text'],
    ['KYIV (Reuters)', 'KYIV (Reuters): Text', 'Text'],
    ['Αθήνα', 'ΑΘΗΝΑ: Text', 'Text'],
    ['Zürich', 'ZURICH — Text', 'Text'],
    ['إسلام آباد', 'إسلام آباد - نص', 'نص'],
    ['دبي', 'دبي (رويترز) - نص', '(رويترز) نص'],
    ['इस्तांबुल', 'इस्तांबुल — पाठ', 'पाठ'],
    ['北京', '北京——今天', '今天'],
  ])('%s is removed from %j', (dateline, text, rest) => {
    expect(clean(`<p>${text}</p>`, dateline)).toMatchObject({ html: `<p>${rest}</p>`, dateline })
  })

  it.each([
    ['Islamabad', 'Islamabad — the capital — is quiet.'],
    ['Islamabad', 'Islamabad – Pakistan’s capital – is quiet.'],
    ['Islamabad', 'Islamabad-based lawyers: Text'],
    ['Islamabad', 'Islamabad, the quiet capital: Text'],
    ['Islamabad', 'Islamabad is quiet: Text'],
    ['Paris, Texas', 'PARIS, France: Text'],
    ['دبي', 'دبي - العاصمة الاقتصادية - هادئة.'],
    ['-', '- : Text'],
    ['Islamabad', 'ISLAMABAD'],
  ])('%s is not removed from %j', (dateline, text) => {
    expect(clean(`<p>${text}</p>`, dateline).html).toBe(`<p>${text}</p>`)
  })

  it('is removed from a paragraph of its own', () => {
    const html = '<p><strong>ISLAMABAD</strong></p><p>Text.</p>'
    expect(render({ html, dateline: 'Islamabad' })).toBe('<p><strong>Islamabad:</strong> Text.</p>')
  })
})

describe('whatever precedes it', () => {
  const before = fc.constantFrom(
    '',
    '<figure><img src="/a.jpg" alt="x &gt; y"><figcaption>KARACHI: A caption</figcaption></figure>',
    '<p><img src="/a.jpg" alt=""></p>',
    '<p><a href="https://a.example/"><img src="/a.jpg" alt=""></a></p>',
    '<p><a href="https://v.example/1">A film</a></p>',
    '<div></div>',
    '<hr>',
    '<p><br></p>',
    '\n',
  )
  const wrap = fc.constantFrom<(text: string) => string>(
    (text) => `<p>${text}</p>`,
    (text) => `<div>${text}</div>`,
    (text) => `<div><p>${text}</p></div>`,
    (text) => `<section><div><p><img src="/b.jpg" alt="">${text}</p></div></section>`,
    (text) => text,
  )

  it('a place returns to where it was, and no word of a label is lost', () => {
    const name = fc.oneof(fc.constantFrom(...BOLD), fc.constantFrom(...BOLD_LABELS))
    fc.assert(
      fc.property(fc.array(before, { maxLength: 4 }), wrap, name, (parts, wrapText, lead) => {
        const source = parts.join('') + wrapText(`<strong>${lead}:</strong> The <em>text</em>.`)
        const withoutDateline = clean(source, 'Nowhere').html
        expect(render({ html: source })).toBe(
          withoutDateline.replaceAll(/=\"\ufdd0/g, '="https://news.example'),
        )
      }),
      { numRuns: runs(300) },
    )
  })
})

it('looking for the dateline takes linear time', () => {
  const lines = [
    '<b>A place:</b> text<br>',
    '<b></b>',
    '<b>a</b>',
    '<div><p>ANNA: x</p></div>',
    '<p><i><b>x: </b>y</i></p>',
    ' ',
    '<b>: </b>',
    '\u200d\u200c\u200d\u200c',
  ]
  for (const line of lines) {
    const text = line.repeat(7_000)
    const seconds = measureCpuSeconds(() => {
      cleanMarkup('html', `<p>LAHORE: x</p>${text}`, { origins: ['https://news.example'] })
      cleanMarkup('html', `${text}a: x`, { origins: ['https://news.example'], dateline: 'A' })
    })
    expect(seconds, line).toBeLessThan(4)
  }
}, 30_000)
