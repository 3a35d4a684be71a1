/**
 * Labels of corrections in feeds and on pages, in Arabic, Urdu and English. Texts in other
 * languages get English labels.
 */
import type { Correction } from '../model/article.ts'
import { escapeMarkup } from '../text/characters.ts'
import { getDirection } from '../text/language.ts'
import { formatLongTime, formatTime } from '../text/time.ts'

export type CorrectionLabels = {
  /** The language of the labels. */
  language: string
  correction: string
  corrections: string
}

const ENGLISH_LABELS: CorrectionLabels = {
  language: 'en',
  correction: 'Correction',
  corrections: 'Corrections',
}
const LABELS_BY_LANGUAGE: Readonly<Record<string, CorrectionLabels>> = {
  ar: { language: 'ar', correction: 'تصحيح', corrections: 'تصحيحات' },
  ur: { language: 'ur', correction: 'تصحیح', corrections: 'تصحیحات' },
}

export const getCorrectionLabels = (language: string): CorrectionLabels =>
  LABELS_BY_LANGUAGE[new Intl.Locale(language).language] ?? ENGLISH_LABELS

/**
 * Renders the corrections of a text as HTML in their order, each with its time. `language` is the
 * language of the text.
 */
export function renderCorrections(corrections: Correction[], language: string): string {
  const labels = getCorrectionLabels(language)
  const isForeign = new Intl.Locale(language).language !== labels.language
  const attributes = isForeign
    ? ` lang="${labels.language}" dir="${getDirection(labels.language)}"`
    : ''
  return corrections
    .map(({ at, text }) => {
      const time = `<time datetime="${formatTime(at)}"><bdi>${formatLongTime(at, labels.language)}</bdi></time>`
      const lead = `<span${attributes}><strong>${labels.correction}</strong> (${time}):</span>`
      return `\n<p>${lead} ${escapeMarkup(text)}</p>`
    })
    .join('')
}
