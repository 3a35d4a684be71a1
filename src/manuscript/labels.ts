/**
 * Words at the beginning of a text that are followed by a colon, as a place is, but are not places.
 * The list is short: it has words of the languages into which pages are translated, and of some
 * other languages.
 */
const LABELS = `
  live|watch|listen|breaking|breaking news|update|updated|developing|exclusive|opinion|analysis|
  editorial|explainer|explained|review|interview|timeline|recipe|summary|key points|faq|q|a|q & a|
  question|answer|note|editor's note|editors' note|correction|clarification|disclaimer|warning|
  spoiler|source|sources|photo|photos|video|audio|gallery|in pictures|read|read more|also read|
  related|see also|more|tl;dr|p.s.|ps|nb|n.b.|todo|advertisement|sponsored
  |ملاحظة|ملاحظة المحرر|عاجل|مباشر|شاهد|استمع|فيديو|صور|تحليل|رأي|حصري|تنويه|توضيح|تصحيح|تحديث|
  اقرأ|اقرأ أيضا|اقرأ أيضًا|المصدر|سؤال|جواب|س|ج|إعلان
  |نوٹ|ایڈیٹر کا نوٹ|لائیو|براہ راست|بریکنگ|بریکنگ نیوز|ویڈیو|تصاویر|دیکھیں|تجزیہ|رائے|خصوصی|وضاحت|
  تصحیح|اپ ڈیٹ|سوال|مزید پڑھیں|ماخذ|اشتہار
  |नोट|संपादक की टिप्पणी|लाइव|ब्रेकिंग|वीडियो|देखें|विश्लेषण|सवाल|जवाब|अपडेट|स्रोत|यह भी पढ़ें
  |注|编者按|編者按|快讯|快訊|直播|视频|視頻|图集|更新|独家|獨家|评论|評論|分析|问|問|答|来源|來源|更正|另见
  |速報|動画|写真|独自|訂正|関連記事|編集部注
  |en direct|direct|vidéo|mise à jour|exclusif|note de la rédaction|lire aussi|eilmeldung|kommentar|
  analyse|anmerkung|en vivo|última hora|vídeo|exclusiva|nota|nota del editor
`
const normalize = (text: string): string =>
  text.normalize('NFC').toLowerCase().replace(/[’‘ʼ]/g, "'").replace(/\s+/g, ' ').trim()

const NORMALIZED_LABELS = new Set(LABELS.split('|').map(normalize))

/** Returns whether a text before a colon is one of these words. Case and spaces do not matter. */
export const isLabel = (text: string): boolean => NORMALIZED_LABELS.has(normalize(text))
