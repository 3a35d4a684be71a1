/** The few words that pages say themselves, in the languages we can say them in; any other page says them in English. */

import { notesIn } from '../feeds/notes.ts'
import { directionOf } from '../language.ts'

export type Words = {
  /** The language they are in: where it is not the page's, the element says so. */
  language: string
  skip: string
  by: string
  published: string
  updated: string
  shortLink: string
  selectToCopy: string
  picture: string
  subscribe: string
  latest: string
  more: string
  nothing: string
  home: string
  correction: string
  corrections: string
}

/** Feeds say these too, from `feeds/notes.ts`. */
const noted = (language: string): Pick<Words, 'correction' | 'corrections'> => {
  const { correction, corrections } = notesIn(language)
  return { correction, corrections }
}

const ENGLISH: Words = {
  language: 'en',
  skip: 'Skip to the text',
  by: 'By',
  published: 'Published',
  updated: 'Updated',
  shortLink: 'Short link',
  selectToCopy: 'one click selects it',
  picture: 'Picture',
  subscribe: 'Subscribe in a feed reader',
  latest: 'Latest',
  more: 'More on this',
  nothing: 'Nothing is out here at present.',
  home: 'Front page',
  ...noted('en'),
}

const ARABIC: Words = {
  language: 'ar',
  skip: 'انتقل إلى النص',
  by: 'بقلم',
  published: 'نُشر',
  updated: 'حُدّث',
  shortLink: 'رابط مختصر',
  selectToCopy: 'نقرة واحدة تحدده',
  picture: 'الصورة',
  subscribe: 'اشترك في قارئ الخلاصات',
  latest: 'الأحدث',
  more: 'المزيد حول هذا',
  nothing: 'لا يوجد شيء منشور هنا حاليا.',
  home: 'الصفحة الرئيسية',
  ...noted('ar'),
}

const URDU: Words = {
  language: 'ur',
  skip: 'متن پر جائیں',
  by: 'از',
  published: 'اشاعت',
  updated: 'تازہ کاری',
  shortLink: 'مختصر ربط',
  selectToCopy: 'ایک کلک سے منتخب ہو جاتا ہے',
  picture: 'تصویر',
  subscribe: 'فیڈ ریڈر میں حاصل کریں',
  latest: 'تازہ ترین',
  more: 'اس بارے میں مزید',
  nothing: 'فی الحال یہاں کچھ شائع نہیں ہوا۔',
  home: 'صفحۂ اول',
  ...noted('ur'),
}

const LANGUAGES: Readonly<Record<string, Words>> = { ar: ARABIC, ur: URDU }

export const wordsIn = (language: string): Words =>
  LANGUAGES[new Intl.Locale(language).language] ?? ENGLISH

/** Attributes of an element that says these words on a page: their language, where it is not the page's own. */
export const saidIn = (words: Words, language: string): { lang?: string; dir?: 'ltr' | 'rtl' } =>
  new Intl.Locale(language).language === words.language
    ? {}
    : { lang: words.language, dir: directionOf(words.language) }
