/**
 * Generates manuscripts that cost as much work as real news. The same seed gives the same
 * manuscripts. Each manuscript belongs to seven channels besides the channel of everything.
 */
import { randomFrom } from '../support/random.ts'

/** The number of channels of each kind. */
const SECTIONS = 12
const TAGS = 2_000
const AUTHORS = 300
const PLACES = 80
const LANGUAGES = ['en', 'ur', 'ar', 'fr', 'de'] as const
const TAGS_PER_MANUSCRIPT = 3
/** Default length of a text in characters. */
const TEXT_CHARACTERS = 2_900
const FIRST_PUBLISHED_MS = Date.UTC(2001, 0, 1)
const INTERVAL_MS = 6_000_000

export type Form = 'markdown' | 'html'

/** One line of a bulk request. Without its `id`, it is the body of a PUT. */
export type GeneratedManuscript = Record<
  'id' | 'title' | 'section' | 'dateline' | 'language',
  string
> &
  Record<'summary' | 'tags' | 'authors', string[]> & { published?: string } & (
    | { body: string }
    | { html: string }
  )

export type MakeOptions = {
  form: Form
  /**
   * Whether the articles have dates in the past, which increase with their indexes. Otherwise they
   * are published when they are sent.
   */
  dated: boolean
  /** Manuscripts of different seeds have different texts and ids. */
  seed: number
  characters?: number
}

const WORDS =
  `minister parliament market growth report water power city school court police border trade export
  season rain flood harvest wheat cotton price rupee dollar budget tax reform talks summit visit delegation
  agreement satellite launch research university student hospital health vaccine doctor cricket team match
  captain victory record crowd stadium traffic bridge road railway airport flight cargo port ship energy
  solar gas pipeline dam river mountain valley climate heat winter festival music film book language press
  freedom editor story headline source official spokesman witness statement according early late local
  national regional global first second third new old large small public private`.split(/\s+/)

/**
 * Returns a rank from 1 to `count`, roughly by Zipf's law: rank 10 is about a seventh as frequent
 * as rank 1.
 */
const zipf = (random: () => number, count: number): number =>
  Math.min(count, Math.floor((count + 1) ** random()))

/** Generates `count` manuscripts. */
export const generateManuscripts = (
  count: number,
  options: MakeOptions,
  first = 0,
): GeneratedManuscript[] =>
  Array.from({ length: count }, (_, index) => generateManuscript(first + index, options))

/** Generates manuscript number `index` of the seed. */
export function generateManuscript(index: number, options: MakeOptions): GeneratedManuscript {
  const { form, dated, seed, characters = TEXT_CHARACTERS } = options
  const random = randomFrom(seed * 1_000_003 + index)
  const pick = (count: number): number => Math.floor(random() * count)
  const words = (count: number): string =>
    Array.from({ length: count }, () => WORDS[pick(WORDS.length)]).join(' ')
  const tags = new Set<string>()
  while (tags.size < TAGS_PER_MANUSCRIPT) tags.add(`tag ${zipf(random, TAGS)}`)
  const text = generateText(form, words, random, characters)
  return {
    id: `${form}-${seed}-${index}`,
    title: `${words(8)} ${index}`,
    summary: [words(14), words(12)],
    section: `section ${zipf(random, SECTIONS)}`,
    tags: [...tags],
    authors: [`author ${zipf(random, AUTHORS)}`],
    dateline: `place ${pick(PLACES) + 1}`,
    language: LANGUAGES[zipf(random, LANGUAGES.length) - 1] ?? 'en',
    ...(dated && { published: new Date(FIRST_PUBLISHED_MS + index * INTERVAL_MS).toISOString() }),
    ...(form === 'markdown' ? { body: text } : { html: text }),
  }
}

/** Formats manuscripts as a bulk request with one manuscript in each line. */
export const toLines = (manuscripts: GeneratedManuscript[]): string =>
  manuscripts.map((manuscript) => `${JSON.stringify(manuscript)}\n`).join('')

/** The markup of the parts of a text. The HTML is like that of older systems. */
const MARKS = {
  heading: { markdown: '## %', html: '<h2>%</h2>' },
  item: { markdown: '- %', html: '<li>%</li>' },
  list: { markdown: '%', html: '<ul>%</ul>' },
  quote: { markdown: '> %', html: '<blockquote><p>%</p></blockquote>' },
  strong: { markdown: '**%**', html: '<strong>%</strong>' },
  link: { markdown: '[%](https://news.example/&)', html: '<a href="https://news.example/&">%</a>' },
  paragraph: { markdown: '%', html: '<p>%</p>' },
} as const

/** Generates headings, lists, quotations, and paragraphs with emphasis and a link. */
function generateText(
  form: Form,
  words: (count: number) => string,
  random: () => number,
  characters: number,
): string {
  const mark = (name: keyof typeof MARKS, text: string): string =>
    MARKS[name][form].replace('%', text)
  const blocks: string[] = []
  for (let length = 0; length < characters; length += blocks.at(-1)?.length ?? 0) {
    const kind = random()
    if (kind < 0.08) blocks.push(mark('heading', words(5)))
    else if (kind < 0.16) {
      const items = [words(8), words(8), words(8)].map((item) => mark('item', item))
      blocks.push(mark('list', items.join('\n')))
    } else if (kind < 0.24) blocks.push(mark('quote', words(20)))
    else {
      const beginning = `${words(22)} ${mark('strong', words(3))} ${words(18)}`
      const source = mark('link', words(3)).replace('&', words(1))
      blocks.push(mark('paragraph', `${beginning} ${source} ${words(16)}.`))
    }
  }
  return blocks.join('\n\n')
}
