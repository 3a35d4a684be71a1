/** The frame of every page: head, masthead, footer. Pages carry no script and one small style sheet. */
import { createHash } from 'node:crypto'
import { raw } from 'hono/html'
import type { Child, FC } from 'hono/jsx'
import type { Channel } from '../channel.ts'
import { ALL } from '../channel.ts'
import { feedLinks } from '../feeds/formats.ts'
import { directionOf } from '../language.ts'
import type { Publication } from '../publication.ts'
import { FRONT_PATH } from '../urls.ts'

export const HTML_TYPE = 'text/html; charset=utf-8'

const STYLE = `:root{color-scheme:light dark;--ink:#1b1b1b;--paper:#fdfcf9;--soft:#666;--line:#d9d5cb;--link:#0b4a8f}
@media(prefers-color-scheme:dark){:root{--ink:#e9e6df;--paper:#16171a;--soft:#a3a09a;--line:#35363b;--link:#8fbdf0}}
*{box-sizing:border-box}body{margin:0 auto;max-width:42rem;padding:1rem 1.25rem 3rem;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 Georgia,'Noto Serif','Noto Naskh Arabic',serif}
:lang(ur){font-family:'Noto Nastaliq Urdu','Jameel Noori Nastaleeq',serif;line-height:2.2}a{color:var(--link)}
header.site{border-bottom:3px double var(--line);margin-bottom:1.5rem;padding-bottom:.5rem}header.site a{color:inherit;font-weight:700;text-decoration:none}
h1{font-size:1.9rem;line-height:1.25;margin:.5rem 0}h2,h3{line-height:1.3}img{max-width:100%;height:auto}table{border-collapse:collapse;display:block;overflow-x:auto}
td,th{border:1px solid var(--line);padding:.25rem .6rem;text-align:start}pre{overflow-x:auto;padding:.75rem;border:1px solid var(--line)}
blockquote{border-inline-start:3px solid var(--line);margin-inline:0;padding-inline-start:1rem}figure{margin:1.25rem 0}figcaption,.about,footer{color:var(--soft);font-size:.9rem}
ol.stories{list-style:none;padding:0}ol.stories li{border-bottom:1px solid var(--line);padding:.75rem 0}ol.stories h2{font-size:1.2rem;margin:0}`

/** The style sheet is allowed by its digest; nothing else inline is, and no script at all (RULES G-25). */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src http: https:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export type Frame = {
  publication: Publication
  title: string
  language: string
  /** The channel whose feeds are named first; everything's come after. */
  channel?: Channel
  head?: Child
  children?: Child
}

const Layout: FC<Frame> = ({ publication, title, language, channel = ALL, head, children }) => {
  const links = channel.kind === 'all' ? [channel] : [channel, ALL]
  return (
    <html lang={language} dir={directionOf(language)}>
      <head>
        <meta charset="utf-8" />
        <title>{title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        {head}
        {links.flatMap((each) =>
          feedLinks(each, publication).map(({ format, url }) => (
            <link
              rel="alternate"
              type={format.mediaType}
              title={`${each === ALL ? publication.title : title} (${format.title})`}
              href={url}
            />
          )),
        )}
        <style>{raw(STYLE)}</style>
      </head>
      <body>
        <header class="site">
          <a href={FRONT_PATH} lang={publication.language} dir={directionOf(publication.language)}>
            {publication.title}
          </a>
        </header>
        <main>{children}</main>
        <footer>
          <p lang={publication.language} dir={directionOf(publication.language)}>
            {publication.copyright ?? publication.publisher}
          </p>
        </footer>
      </body>
    </html>
  )
}

/** The page as text. Deterministic: nothing but its arguments decides a byte. */
export const renderPage = (frame: Frame, children: Child): string =>
  `<!doctype html>\n${(<Layout {...frame}>{children}</Layout>).toString()}\n`
