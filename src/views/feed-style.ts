/**
 * The style sheet for people who open an RSS or Atom document in a browser. It explains what a feed
 * is, and displays headlines, dates and summaries. Feed readers do not load it.
 *
 * Browsers take the language of a feed from `Content-Language`. Entries of Atom have their own
 * `xml:lang`. RSS items have none, so the letters of an item in another language determine its
 * direction.
 */
export const FEED_STYLE_TYPE = 'text/css; charset=utf-8'

/**
 * The text above the address of the feed, in the language of the feed if it is translated,
 * otherwise in English.
 */
const MESSAGES = [
  {
    heading: 'This is a feed, for feed readers',
    advice: 'Copy its address from the address bar into a feed reader to receive new stories.',
  },
  {
    language: 'ar',
    heading: 'هذه خلاصة لقارئات الخلاصات',
    advice: 'انسخ عنوانها من شريط العنوان إلى قارئ خلاصات، فتصلك الأخبار الجديدة من تلقاء نفسها.',
  },
  {
    language: 'ur',
    heading: 'یہ فیڈ ریڈر کے لیے ایک فیڈ ہے',
    advice: 'اس کا پتا ایڈریس بار سے کسی فیڈ ریڈر میں نقل کریں، نئی خبریں خود آپ تک پہنچیں گی۔',
  },
]

const messageRules = MESSAGES.map(({ language, heading, advice }) => {
  const languageSelector = language === undefined ? '' : `:lang(${language})`
  return `:is(|rss,a|feed)${languageSelector}::before{content:'${heading}'}
:is(|channel,a|feed)${languageSelector}>a|link[rel=self]::before{content:'${advice}'}`
}).join('\n')

/**
 * Repeats `:lang()` for each language, because not all browsers support a list of languages in it.
 */
const RIGHT_TO_LEFT = `:is(${['ar', 'fa', 'ur', 'he', 'ps', 'sd', 'ug', 'yi', 'ckb'].map((tag) => `:lang(${tag})`).join(',')})`

export const FEED_STYLE = `
@namespace a url('http://www.w3.org/2005/Atom');
@namespace dc url('http://purl.org/dc/elements/1.1/');
:root{color-scheme:light dark;--ink:#1a1a18;--soft:#5f5c55;--paper:#fffefb;--line:#d8d3c6;--rule:#1a1a18;--link:#174a7c;--tint:#f4f1e8}
@media(prefers-color-scheme:dark){:root{--ink:#e8e5dc;--soft:#a5a197;--paper:#151618;--line:#3a3b3e;--rule:#8d8a82;--link:#9cc4ee;--tint:#1f2124}}
*{box-sizing:border-box}
:root{display:flex;flex-direction:column;max-width:60rem;margin:0 auto;padding:1.5rem 1.25rem 4rem;background:var(--paper);color:var(--ink);font:1.125rem/1.6 Charter,'Bitstream Charter','Iowan Old Style','Source Serif 4',Georgia,'Noto Serif','Noto Naskh Arabic',Amiri,'Geeza Pro',serif;-webkit-text-size-adjust:100%}
|rss>|channel{display:flex;flex-direction:column}
|channel>*,a|feed>*,|item>*,a|entry>*{display:none}
:is(|title,|description,a|title,a|summary){unicode-bidi:plaintext;text-align:start;overflow-wrap:anywhere}
:is(|rss,a|feed,a|entry)${RIGHT_TO_LEFT}{direction:rtl}
a|entry:not(${RIGHT_TO_LEFT}){direction:ltr}

:root::before{order:-4;display:block;padding:1rem 1.1rem 0;background:var(--tint);border-inline-start:4px solid var(--link);font-weight:700}
:is(|channel,a|feed)>a|link[rel=self]{order:-3;display:block;padding:.2rem 1.1rem 1rem;background:var(--tint);border-inline-start:4px solid var(--link)}
:is(|channel,a|feed)>a|link[rel=self]::before{display:block;color:var(--soft);font-size:.95rem}
:is(|channel,a|feed)>a|link[rel=self]::after{content:attr(href);display:block;margin-top:.6rem;padding:.4rem .6rem;border:1px solid var(--line);background:var(--paper);font:.85rem/1.5 ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;direction:ltr;text-align:left;overflow-wrap:anywhere}

|channel>|title,a|feed>a|title{order:-2;display:block;margin-top:2.2rem;text-align:-webkit-match-parent;text-align:match-parent;font-size:clamp(1.6rem,1.2rem + 1.7vw,2.15rem);font-weight:700;line-height:1.3;letter-spacing:-.01em}
|channel>|description,a|feed>a|subtitle{order:-1;display:block;padding-bottom:1rem;border-bottom:3px double var(--rule);unicode-bidi:plaintext;text-align:-webkit-match-parent;text-align:match-parent;color:var(--soft);font-style:italic}

|channel>|item,a|feed>a|entry{display:grid;grid-template-columns:minmax(0,1fr);padding-block:1.35rem;border-bottom:1px solid var(--line)}
|item>|pubDate,a|entry>a|published{order:1;display:block;color:var(--soft);font-size:.85rem;font-variant-numeric:tabular-nums;direction:ltr;text-align:-webkit-match-parent;text-align:match-parent}
|item>|title,a|entry>a|title{order:2;display:block;margin-bottom:.35rem;font-size:1.35rem;font-weight:700;line-height:1.35;text-wrap:balance}
|item>|description,a|entry>a|summary{order:3;display:block;text-wrap:pretty}
|item>dc|creator,a|entry>a|author{order:4;display:block;margin-top:.35rem;unicode-bidi:plaintext;text-align:-webkit-match-parent;text-align:match-parent;color:var(--soft);font-size:.95rem}
a|author>*{display:none}a|author>a|name{display:inline}
|item>|link,a|entry>a|link[rel=alternate]{order:5;display:block;margin-top:.35rem;color:var(--link);font:.85rem/1.5 ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;overflow-wrap:anywhere;direction:ltr;text-align:-webkit-match-parent;text-align:match-parent;user-select:all;-webkit-user-select:all}
a|entry>a|link[rel=alternate]::after{content:attr(href)}
@media(min-width:52rem){|channel>|item,a|feed>a|entry{grid-template-columns:11rem minmax(0,1fr);column-gap:1.5rem}
|item>*,a|entry>*{grid-column:2}|item>|pubDate,a|entry>a|published{grid-column:1;grid-row:1/span 20;padding-top:.35rem}}

:is(|rss,a|feed,a|entry):is(:lang(ar),:lang(fa)){font-family:'Noto Naskh Arabic',Amiri,'Geeza Pro','Times New Roman',serif;line-height:1.85}
:is(|rss,a|feed,a|entry):lang(ur){font-family:'Noto Nastaliq Urdu','Jameel Noori Nastaleeq','Urdu Typesetting',serif;line-height:2.3}
:is(|title,a|title):is(:lang(ar),:lang(fa)){line-height:1.5;letter-spacing:0}:is(|title,a|title):lang(ur){line-height:2.1;letter-spacing:0}
${messageRules}
@media print{:root{--ink:#000;--soft:#333;--paper:#fff;--line:#999;--rule:#000;--link:#000;--tint:#fff;font-size:11pt}|channel>|item,a|feed>a|entry{break-inside:avoid}}
`.trim()
