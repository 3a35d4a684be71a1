/** The frame of every page: head, masthead, footer. Pages carry no script and one style sheet. */
import { raw } from 'hono/html'
import type { Child, FC } from 'hono/jsx'
import { feedLinks } from '../feeds/formats.ts'
import { ALL, type Channel } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { CORRECTIONS_PATH, FAVICON_PATH, FRONT_PATH, ROUTES } from '../model/urls.ts'
import { directionOf } from '../text/language.ts'
import { PAGE_POLICY, STYLE } from './style.ts'
import { saidIn, type Words, wordsIn } from './words.ts'

export const HTML_TYPE = 'text/html; charset=utf-8'

export type Frame = {
  publication: Publication
  title: string
  language: string
  /**
   * Channels whose feeds the page names for feed readers, the nearest first; everything's come last
   * anyway.
   */
  channels?: { channel: Channel; title: string }[]
  head?: Child
}

const Layout: FC<Frame & { children?: Child }> = (props) => {
  const { publication, title, language, channels = [], head, children } = props
  const words = wordsIn(language)
  const own = { lang: publication.language, dir: directionOf(publication.language) }
  return (
    <html lang={language} dir={directionOf(language)}>
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={PAGE_POLICY} />
        <title>{title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        {head}
        <Autodiscovery publication={publication} channels={channels} />
        <link rel="icon" href={publication.iconUrl ?? FAVICON_PATH} />
        <style>{raw(STYLE)}</style>
      </head>
      <body>
        <a class="skip" href="#text" {...saidIn(words, language)}>
          {words.skip}
        </a>
        <header class="site">
          <a href={FRONT_PATH} {...own}>
            {publication.title}
          </a>
          <p {...own}>{publication.description}</p>
        </header>
        <main id="text">{children}</main>
        <footer class="foot">
          <bdi {...own}>{publication.copyright ?? publication.publisher}</bdi>
          {' · '}
          <a href={ROUTES.feedDirectory} {...saidIn(words, language)}>
            {words.feeds}
          </a>
          {' · '}
          <a href={CORRECTIONS_PATH} {...saidIn(words, language)}>
            {words.corrections}
          </a>
        </footer>
      </body>
    </html>
  )
}

/**
 * Many readers offer the first link they find, so the nearest channel comes first (rules G-03,
 * G-04).
 */
const Autodiscovery: FC<Pick<Frame, 'publication' | 'channels'>> = ({
  publication,
  channels = [],
}) => (
  <>
    {[...channels, { channel: ALL, title: publication.title }].flatMap((each) =>
      feedLinks(each.channel, publication).map(({ format, url }) => (
        <link
          rel="alternate"
          type={format.mediaType}
          title={`${each.title} (${format.title})`}
          href={url}
        />
      )),
    )}
  </>
)

/** The page as text. Deterministic: nothing but its arguments decides a byte. */
export const renderPage = (frame: Frame, children: Child): string =>
  `<!doctype html>\n${(<Layout {...frame}>{children}</Layout>).toString()}\n`

/** An address that one click selects whole: it can be copied without a script. */
export const Copyable: FC<{ address: string; label?: string }> = ({ address, label }) => (
  <span class="copy" title={label} dir="ltr" lang="en">
    {address}
  </span>
)

/** The channel's documents as terms of a list, each with its address to copy. */
export const FeedAddresses: FC<{
  channel: Channel
  publication: Publication
  words: Words
}> = ({ channel, publication, words }) => (
  <>
    {feedLinks(channel, publication).map(({ format, url }) => (
      <>
        <dt>
          <a href={url} type={format.mediaType} dir="ltr" lang="en">
            {format.title}
          </a>
        </dt>
        <dd>
          <Copyable address={url} label={words.selectToCopy} />
        </dd>
      </>
    ))}
  </>
)
