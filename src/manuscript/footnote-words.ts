/** The words that footnotes add to a text, in several languages. */

/**
 * `back` is the name of the link back to a reference; `#` is replaced by the number of the
 * reference.
 */
export type FootnoteWords = { heading: string; back: string }

const ENGLISH: FootnoteWords = { heading: 'Footnotes', back: 'Back to reference #' }
const WORDS: Readonly<Record<string, FootnoteWords>> = {
  en: ENGLISH,
  ar: { heading: 'الحواشي', back: 'العودة إلى المرجع #' },
  ur: { heading: 'حواشی', back: 'حوالہ # پر واپس' },
  fa: { heading: 'پانویس‌ها', back: 'بازگشت به ارجاع #' },
  hi: { heading: 'पाद टिप्पणियाँ', back: 'संदर्भ # पर वापस' },
  bn: { heading: 'পাদটীকা', back: 'সূত্র #-এ ফিরুন' },
  fr: { heading: 'Notes', back: 'Retour à l’appel de note #' },
  de: { heading: 'Fußnoten', back: 'Zurück zum Verweis #' },
  es: { heading: 'Notas', back: 'Volver a la referencia #' },
  pt: { heading: 'Notas', back: 'Voltar à referência #' },
  it: { heading: 'Note', back: 'Torna al riferimento #' },
  tr: { heading: 'Dipnotlar', back: '# numaralı başvuruya dön' },
  id: { heading: 'Catatan kaki', back: 'Kembali ke rujukan #' },
  ru: { heading: 'Сноски', back: 'Назад к ссылке #' },
  zh: { heading: '脚注', back: '返回引用 #' },
  ja: { heading: '脚注', back: '参照 # に戻る' },
  th: { heading: 'เชิงอรรถ', back: 'กลับไปที่การอ้างอิง #' },
}

/** Returns the words for a language, or the English ones, with `lang`, if there are none for it. */
export function getFootnoteWords(language: string): FootnoteWords & { lang?: string } {
  const primary = language.split('-')[0]?.toLowerCase() ?? ''
  const words = Object.hasOwn(WORDS, primary) ? WORDS[primary] : undefined
  return words ?? { ...ENGLISH, lang: 'en' }
}
