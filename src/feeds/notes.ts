/**
 * What feeds and pages say of corrections, in the languages we can say it in; in any other it is
 * said in English.
 */
import type { Correction } from '../model/article.ts'
import { escapeMarkup } from '../text/characters.ts'
import { directionOf } from '../text/language.ts'
import { formatTime, longTime } from '../text/time.ts'

export type Notes = {
  /** The language they are in. */
  language: string
  correction: string
  corrections: string
}

const ENGLISH: Notes = { language: 'en', correction: 'Correction', corrections: 'Corrections' }
const LANGUAGES: Readonly<Record<string, Notes>> = {
  ar: { language: 'ar', correction: 'تصحيح', corrections: 'تصحيحات' },
  ur: { language: 'ur', correction: 'تصحیح', corrections: 'تصحیحات' },
}

export const notesIn = (language: string): Notes =>
  LANGUAGES[new Intl.Locale(language).language] ?? ENGLISH

/** The corrections of a text in `language` as HTML, the newest last, each with its time. */
export function correctionsHtml(corrections: Correction[], language: string): string {
  const notes = notesIn(language)
  const foreign = new Intl.Locale(language).language !== notes.language
  const attributes = foreign ? ` lang="${notes.language}" dir="${directionOf(notes.language)}"` : ''
  return corrections
    .map(({ at, text }) => {
      const time = `<time datetime="${formatTime(at)}"><bdi>${longTime(at, notes.language)}</bdi></time>`
      const lead = `<span${attributes}><strong>${notes.correction}</strong> (${time}):</span>`
      return `\n<p>${lead} ${escapeMarkup(text)}</p>`
    })
    .join('')
}
