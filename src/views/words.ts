/**
 * The words that pages show besides their articles, in English, Arabic and Urdu. Pages in other
 * languages show the English words and mark them as English.
 */

import { getCorrectionLabels } from '../feeds/correction-labels.ts'
import type { ListedKind } from '../feeds/directory.ts'
import { getDirection } from '../text/language.ts'

export type Words = {
  /** The language tag of the words. */
  language: string
  skipToText: string
  by: string
  published: string
  updated: string
  shortLink: string
  selectToCopy: string
  picture: string
  subscribe: string
  latest: string
  moreOnThis: string
  /** Stands before the number of the page. */
  archivePage: string
  older: string
  newer: string
  noStories: string
  home: string
  feeds: string
  feedsIntro: string
  everything: string
  kinds: Readonly<Record<ListedKind, string>>
  stories: string
  subscriptionList: string
  moreChannels: string
  extensions: string
  extensionsIntro: string
  datelineMeaning: string
  tombstonesMeaning: string
  /**
   * Previews of short links show the words from here to `qrCode`. `created` and `expires` describe
   * links to pages.
   */
  destination: string
  followLink: string
  section: string
  storyLanguage: string
  created: string
  expires: string
  qrCode: string
  correction: string
  corrections: string
}

/** Returns the words for corrections, which are also used in feeds. */
const getCorrectionWords = (language: string): Pick<Words, 'correction' | 'corrections'> => {
  const { correction, corrections } = getCorrectionLabels(language)
  return { correction, corrections }
}

const ENGLISH: Words = {
  language: 'en',
  skipToText: 'Skip to the text',
  by: 'By',
  published: 'Published',
  updated: 'Updated',
  shortLink: 'Short link',
  selectToCopy: 'one click selects it',
  picture: 'Picture',
  subscribe: 'Subscribe in a feed reader',
  latest: 'Latest',
  moreOnThis: 'More on this',
  archivePage: 'Archive page',
  older: 'Older',
  newer: 'Newer',
  noStories: 'Nothing is out here at present.',
  home: 'Front page',
  feeds: 'Feeds',
  feedsIntro:
    'Follow everything, or one channel, in a feed reader. Each channel has a page and three feeds, which tell the same stories; the number says how many it has.',
  everything: 'Everything',
  kinds: {
    section: 'Sections',
    tag: 'Tags',
    author: 'Authors',
    place: 'Places',
    language: 'Languages',
  },
  stories: 'Stories',
  subscriptionList: 'All channels as one list (OPML)',
  moreChannels: 'There are more channels; this page names those with the most stories.',
  extensions: 'What our JSON feeds add',
  extensionsIntro:
    'JSON Feed leaves room for more: names that begin with an underscore. There are two in ours, and no reader needs them.',
  datelineMeaning:
    'What the standard has no name for. Of a story: its id and its code, which never change, its short link, its corrections, what its picture shows and who took it, and summary_only: true where the feed has no room for the full text and content_html holds a summary or the title. Of the feed: its copyright.',
  tombstonesMeaning:
    'Stories that we have taken back. Each of its items has the id that the story had in this feed, and when it was withdrawn. A reader that still has the story should remove it.',
  destination: 'Where this short link leads',
  followLink: 'Go there',
  section: 'Section',
  storyLanguage: 'Language',
  created: 'Made',
  expires: 'Works until',
  qrCode: 'QR code',
  ...getCorrectionWords('en'),
}

const ARABIC: Words = {
  language: 'ar',
  skipToText: 'انتقل إلى النص',
  by: 'بقلم',
  published: 'نُشر',
  updated: 'حُدّث',
  shortLink: 'رابط مختصر',
  selectToCopy: 'نقرة واحدة تحدده',
  picture: 'الصورة',
  subscribe: 'اشترك في قارئ الخلاصات',
  latest: 'الأحدث',
  moreOnThis: 'المزيد حول هذا',
  archivePage: 'صفحة الأرشيف',
  older: 'أقدم',
  newer: 'أحدث',
  noStories: 'لا يوجد شيء منشور هنا حاليا.',
  home: 'الصفحة الرئيسية',
  feeds: 'الخلاصات',
  feedsIntro:
    'تابع كل ما ننشره، أو قناة واحدة منه، في قارئ الخلاصات. لكل قناة صفحة وثلاث خلاصات تحمل الأخبار نفسها، والرقم هو عدد أخبارها.',
  everything: 'كل الأخبار',
  kinds: {
    section: 'الأقسام',
    tag: 'الوسوم',
    author: 'الكتّاب',
    place: 'الأماكن',
    language: 'اللغات',
  },
  stories: 'الأخبار',
  subscriptionList: 'كل القنوات في قائمة واحدة (OPML)',
  moreChannels: 'هناك قنوات أخرى؛ تذكر هذه الصفحة أكثرها أخبارا.',
  extensions: 'ما تضيفه خلاصات JSON لدينا',
  extensionsIntro:
    'تسمح صيغة JSON Feed بإضافات تبدأ أسماؤها بشرطة سفلية. لدينا منها اثنتان، ولا يحتاج إليهما أي قارئ.',
  datelineMeaning:
    'ما ليس له اسم في الصيغة القياسية. عن الخبر: معرّفه ورمزه اللذان لا يتغيران، ورابطه المختصر، وتصحيحاته، وما تظهره صورته ومن التقطها، و⁨summary_only: true⁩ حين لا تتسع الخلاصة للنص الكامل فيحمل ⁨content_html⁩ موجزه أو عنوانه. وعن الخلاصة: حقوق نشرها.',
  tombstonesMeaning:
    'أخبار سحبناها. لكل عنصر فيها المعرّف الذي كان للخبر في هذه الخلاصة، ووقت سحبه. على القارئ الذي ما زال يحتفظ بالخبر أن يحذفه.',
  destination: 'إلى أين يقود هذا الرابط المختصر',
  followLink: 'انتقل إليه',
  section: 'القسم',
  storyLanguage: 'اللغة',
  created: 'أُنشئ',
  expires: 'يعمل حتى',
  qrCode: 'رمز QR',
  ...getCorrectionWords('ar'),
}

const URDU: Words = {
  language: 'ur',
  skipToText: 'متن پر جائیں',
  by: 'از',
  published: 'اشاعت',
  updated: 'تازہ کاری',
  shortLink: 'مختصر ربط',
  selectToCopy: 'ایک کلک سے منتخب ہو جاتا ہے',
  picture: 'تصویر',
  subscribe: 'فیڈ ریڈر میں حاصل کریں',
  latest: 'تازہ ترین',
  moreOnThis: 'اس بارے میں مزید',
  archivePage: 'محفوظات کا صفحہ',
  older: 'پرانی خبریں',
  newer: 'نئی خبریں',
  noStories: 'فی الحال یہاں کچھ شائع نہیں ہوا۔',
  home: 'صفحۂ اول',
  feeds: 'فیڈز',
  feedsIntro:
    'فیڈ ریڈر میں سب کچھ یا کوئی ایک چینل پڑھیے۔ ہر چینل کا ایک صفحہ اور تین فیڈز ہیں جن میں ایک ہی خبریں ہوتی ہیں؛ عدد بتاتا ہے کہ اس میں کتنی خبریں ہیں۔',
  everything: 'تمام خبریں',
  kinds: {
    section: 'شعبے',
    tag: 'موضوعات',
    author: 'مصنفین',
    place: 'مقامات',
    language: 'زبانیں',
  },
  stories: 'خبریں',
  subscriptionList: 'تمام چینل ایک فہرست میں (OPML)',
  moreChannels: 'اور چینل بھی ہیں؛ اس صفحے پر وہ ہیں جن میں سب سے زیادہ خبریں ہیں۔',
  extensions: 'ہماری JSON فیڈز میں اضافی کیا ہے',
  extensionsIntro:
    'JSON Feed میں ایسے اضافی ناموں کی گنجائش ہے جو انڈر سکور سے شروع ہوں۔ ہمارے ہاں ایسے دو نام ہیں، اور کسی ریڈر کو ان کی ضرورت نہیں۔',
  datelineMeaning:
    'وہ باتیں جن کے لیے معیار میں کوئی نام نہیں۔ خبر کے بارے میں: اس کی شناخت اور کوڈ جو کبھی نہیں بدلتے، مختصر ربط، تصحیحات، تصویر میں کیا ہے اور کس نے لی، اور ⁨summary_only: true⁩ جب فیڈ میں پورے متن کی گنجائش نہ ہو اور ⁨content_html⁩ میں خلاصہ یا سرخی ہو۔ فیڈ کے بارے میں: حقوقِ اشاعت۔',
  tombstonesMeaning:
    'وہ خبریں جو ہم نے واپس لے لیں۔ ہر اندراج میں وہ شناخت ہے جو اس فیڈ میں خبر کی تھی، اور واپس لینے کا وقت۔ جس ریڈر کے پاس خبر اب بھی ہو وہ اسے ہٹا دے۔',
  destination: 'یہ مختصر ربط کہاں لے جاتا ہے',
  followLink: 'وہاں جائیں',
  section: 'شعبہ',
  storyLanguage: 'زبان',
  created: 'بنایا گیا',
  expires: 'کارآمد تا',
  qrCode: 'QR کوڈ',
  ...getCorrectionWords('ur'),
}

const TRANSLATIONS: Readonly<Record<string, Words>> = { ar: ARABIC, ur: URDU }

/** Returns the words in the language of the tag, or in English if they are not translated. */
export const getWords = (language: string): Words =>
  TRANSLATIONS[new Intl.Locale(language).language] ?? ENGLISH

/**
 * Returns the attributes of an element that shows these words on a page in `language`. If the words
 * are in another language, the attributes declare this language and its direction.
 */
export const getLanguageAttributes = (
  words: Words,
  language: string,
): { lang?: string; dir?: 'ltr' | 'rtl' } =>
  new Intl.Locale(language).language === words.language
    ? {}
    : { lang: words.language, dir: getDirection(words.language) }
