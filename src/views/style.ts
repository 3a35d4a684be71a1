/**
 * The style sheet and the content security policies of all pages. The sheet is part of each page,
 * so a page needs only one request. Its logical properties also suit right-to-left pages. It loads
 * no fonts: for each script it lists suitable fonts that operating systems include.
 */
import { createHash } from 'node:crypto'

export const STYLE_SHEET = `
:root{color-scheme:light dark;--ink:#1a1a18;--soft:#5f5c55;--paper:#fffefb;--line:#d8d3c6;--rule:#1a1a18;--link:#174a7c;--tint:#f4f1e8}
@media(prefers-color-scheme:dark){:root{--ink:#e8e5dc;--soft:#a5a197;--paper:#151618;--line:#3a3b3e;--rule:#8d8a82;--link:#9cc4ee;--tint:#1f2124}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;font-size:1.125rem;text-rendering:optimizeLegibility}
html,[lang]{font-family:Charter,'Bitstream Charter','Iowan Old Style','Source Serif 4',Georgia,'Noto Serif',serif;line-height:1.6}
[lang|=ar],[lang|=fa]{font-family:'Noto Naskh Arabic',Amiri,'Geeza Pro','Times New Roman',serif;line-height:1.85}
[lang|=ur]{font-family:'Noto Nastaliq Urdu','Jameel Noori Nastaleeq','Urdu Typesetting',serif;line-height:2.35}
body{margin:0;background:var(--paper);color:var(--ink)}
a{color:var(--link);text-decoration-thickness:.06em;text-underline-offset:.16em}
a:focus-visible,input:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.skip{position:absolute;inset-inline-start:-99rem}.skip:focus{position:static;display:block;padding:.5rem 1rem}
.site,main,.foot{max-width:41rem;margin-inline:auto;padding-inline:1.25rem}
.site{padding-block:1.5rem .6rem;text-align:center;border-bottom:3px double var(--rule)}
.site a{color:inherit;text-decoration:none;font-size:1.75rem;font-weight:700;letter-spacing:-.01em;line-height:1.2}
.site p{margin:.15rem 0 0;color:var(--soft);font-size:.95rem;font-style:italic}
main{padding-block:1.5rem 2rem}
h1{font-size:clamp(1.6rem,1.2rem + 1.7vw,2.15rem);line-height:1.16;letter-spacing:-.015em;margin:.35rem 0 .75rem;text-wrap:balance;font-weight:700}
h1:lang(ar),h1:lang(fa){line-height:1.45;letter-spacing:0}h1:lang(ur){line-height:2.05;letter-spacing:0;font-size:clamp(1.4rem,1.1rem + 1.6vw,1.9rem)}
h1.latest{font-size:.85rem;letter-spacing:.07em;text-transform:uppercase;color:var(--soft);margin-bottom:0}h1.latest:lang(ar),h1.latest:lang(ur){letter-spacing:0;font-size:1rem}
h2,h3,h4,h5,h6{line-height:1.3;margin:2em 0 .5em;text-wrap:balance}h2{font-size:1.3rem}h3{font-size:1.12rem}h4,h5,h6{font-size:1rem}
h2:lang(ur),h3:lang(ur){line-height:2.2}
.kicker{margin:0;font-size:.85rem;letter-spacing:.07em;text-transform:uppercase}.kicker a{text-decoration:none;font-weight:600}
:is(.kicker):lang(ar),:is(.kicker):lang(ur){letter-spacing:0;font-size:1rem}
.points{margin:0 0 1rem;padding-inline-start:1.1rem;font-size:1.08rem;color:var(--ink)}.points li{margin-block:.3rem}.points li::marker{content:'■  ';font-size:.5em;color:var(--soft)}
.byline{margin:0 0 1.5rem;padding-block:.6rem;border-block:1px solid var(--line);color:var(--soft);font-size:.95rem}.byline .who{color:var(--ink);font-weight:600}.byline p{margin:0}
.corrections{margin:0 0 1.5rem;padding:.8rem 1rem;border-inline-start:3px solid var(--rule);background:var(--tint)}.corrections h2{margin:0 0 .3rem;font-size:1rem}
.stated{margin:0;padding:0;list-style:none}.stated p{margin:0}.stated li+li{margin-top:.7rem}.stated .meta{font-size:.88rem;color:var(--soft)}
figure{margin:1.5rem 0}figcaption{margin-top:.4rem;color:var(--soft);font-size:.88rem}
img{max-width:100%;height:auto;background:var(--tint)}
.text>p:first-child>strong:first-child{letter-spacing:.03em}
.text p{margin:0 0 1.05em}p,li{text-wrap:pretty}
blockquote{margin:1.5rem 0;padding-inline-start:1.1rem;border-inline-start:3px solid var(--rule);color:var(--soft)}
pre{overflow-x:auto;padding:.9rem 1rem;background:var(--tint);font-size:.85rem;line-height:1.5;direction:ltr;text-align:left}
code{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:.88em}pre code{font-size:1em}
table{border-collapse:collapse;width:100%;font-size:.93rem;font-variant-numeric:tabular-nums}.scroll,.text table{display:block;overflow-x:auto}
th,td{padding:.4rem .7rem;border-bottom:1px solid var(--line);text-align:start;vertical-align:top}thead th{border-bottom:2px solid var(--rule)}
hr{border:0;border-top:1px solid var(--line);margin:2rem auto;width:40%}
[data-footnotes]{margin-top:2rem;border-top:1px solid var(--line);font-size:.9rem;color:var(--soft)}sup{line-height:0}
.keep{margin-top:2rem;padding:1rem;background:var(--tint)}.keep label,.keep p{display:block;margin:0 0 .35rem;font-size:.9rem;color:var(--soft)}
.copy{width:100%;padding:.4rem .6rem;border:1px solid var(--line);background:var(--paper);color:var(--ink);font:.85rem/1.5 ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;direction:ltr;text-align:left;user-select:all;-webkit-user-select:all;overflow-wrap:anywhere;display:block}
.address{display:inline-block;max-width:100%;font:.9rem/1.5 ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;color:var(--soft);text-align:left;overflow-wrap:anywhere}.address strong{color:var(--ink)}h1 .address{font-size:1.2rem;letter-spacing:0}.where{margin:0 0 1rem}
.facts{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.1rem 1.2rem;margin:0 0 1.5rem;padding-block:.6rem;border-block:1px solid var(--line);font-size:.95rem}.facts dt{color:var(--soft)}.facts dd{margin:0}.facts:empty{display:none}
.on a{display:inline-block;padding:.45rem 1.4rem;background:var(--link);color:var(--paper);font-weight:700;text-decoration:none}.qr{display:block;margin-top:.8rem;background:#fff}
.more{margin:1.5rem 0 0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:.35rem .9rem;font-size:.95rem}
.stories{list-style:none;margin:0;padding:0}.stories>li{padding-block:1.35rem;border-bottom:1px solid var(--line)}
.stories h2{margin:0 0 .35rem;font-size:1.35rem}.stories h2 a{color:inherit;text-decoration:none}.stories h2 a:hover{text-decoration:underline}
.stories p{margin:0 0 .35rem}.stories .meta{font-size:.88rem;color:var(--soft)}.stories .meta a{color:inherit}
.stories>li:first-child h2{font-size:clamp(1.4rem,1.15rem + 1.2vw,1.8rem);line-height:1.2}
.stories li:lang(ur) h2{line-height:2.1}.stories li:lang(ar) h2{line-height:1.6}
.turn{display:flex;flex-wrap:wrap;gap:.35rem 1.5rem;margin-top:1.5rem}.turn [rel=prev]{margin-inline-start:auto}.page{margin:0;color:var(--soft);font-size:.95rem}
.near{list-style:none;margin:0;padding:0}.near li{padding-block:.6rem;border-bottom:1px solid var(--line)}.near a{display:block;font-size:1.12rem}.near .meta{color:var(--soft);font-size:.88rem}
.feeds{margin-top:2rem;padding:1rem;background:var(--tint)}.feeds h2{margin:0 0 .6rem;font-size:1rem}.feeds dl{margin:0}.feeds dt{font-size:.88rem;color:var(--soft)}.feeds dd{margin:0 0 .6rem}
.directory h2{margin-block:2rem .4rem}.directory .feeds{margin-top:1.25rem}.directory .feeds h2{margin-top:0}
.channels{list-style:none;margin:0;padding:0}.channels>li{display:grid;grid-template-columns:minmax(0,1fr) auto auto;align-items:baseline;column-gap:1rem;padding-block:.3rem;border-bottom:1px solid var(--line)}
.channels .name{color:inherit;text-decoration:none;overflow-wrap:anywhere}.channels .name:hover{text-decoration:underline}.channels bdi{unicode-bidi:isolate}
.channels .count{color:var(--soft);font-size:.88rem;font-variant-numeric:tabular-nums;text-align:end}.channels .formats{display:flex;gap:.75rem;font-size:.88rem}
.limit,.extensions{color:var(--soft);font-size:.95rem}.extensions dt{color:var(--ink)}.extensions dd{margin:0 0 .75rem}.extensions h2{color:var(--ink)}
@media(max-width:30rem){.channels>li{grid-template-columns:minmax(0,1fr) auto;padding-block:.45rem}.channels .formats{grid-column:1/-1;gap:1.25rem}}
.foot{padding-block:1rem 3rem;border-top:3px double var(--rule);color:var(--soft);font-size:.88rem;text-align:center}.foot a{color:inherit}
@media print{:root{--ink:#000;--soft:#333;--paper:#fff;--line:#999;--rule:#000;--link:#000;--tint:#fff}body{font-size:11pt}.site,main,.foot{max-width:none}.skip,.feeds,.more,.turn{display:none}a{text-decoration:none}.text a[href^=http]::after{content:' (' attr(href) ')';font-size:.8em;overflow-wrap:anywhere}h1,h2,h3{break-after:avoid}figure,pre,table{break-inside:avoid}}
`.trim()

/**
 * The policy in the `<meta>` element of each page. It allows the page's own style sheet by its
 * digest, images from anywhere, and no script.
 *
 * Each page has its own policy, because KV may have pages that an older worker rendered. If the
 * policy were in a header, it would block the style sheets of all pages that were rendered before
 * the last deploy.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE_SHEET).digest('base64')}'`,
  'img-src http: https:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/**
 * The policy in the header. It has only rules that are right for pages of every age.
 * `frame-ancestors` must be here, because browsers ignore it in a `<meta>` element.
 */
export const HEADER_POLICY =
  "script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
