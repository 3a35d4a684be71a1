/**
 * Renders the frame of every page (head, masthead and footer), and the components that several
 * pages use. Pages have one style sheet and no script.
 */
import { raw } from 'hono/html'
import type { Child, FC } from 'hono/jsx'
import { listFeedLinks } from '../feeds/formats.ts'
import { ALL_CHANNEL, type Channel } from '../model/channel.ts'
import type { Publication } from '../model/publication.ts'
import { CORRECTIONS_PATH, FAVICON_PATH, FRONT_PATH, ROUTES } from '../model/urls.ts'
import { getDirection } from '../text/language.ts'
import { PAGE_POLICY, STYLE_SHEET } from './style.ts'
import { getLanguageAttributes, getWords, type Words } from './words.ts'

export const HTML_TYPE = 'text/html; charset=utf-8'

export type PageFrame = {
  publication: Publication
  title: string
  language: string
  /**
   * Channels to whose feeds the page links, most specific first. Links to the feeds of all articles
   * always follow.
   */
  channels?: { channel: Channel; title: string }[]
  head?: Child
}

const Layout: FC<PageFrame & { children?: Child }> = (props) => {
  const { publication, title, language, channels = [], head, children } = props
  const words = getWords(language)
  const publicationAttributes = {
    lang: publication.language,
    dir: getDirection(publication.language),
  }
  return (
    <html lang={language} dir={getDirection(language)}>
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={PAGE_POLICY} />
        <title>{title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        {head}
        <Autodiscovery publication={publication} channels={channels} />
        <link rel="icon" href={publication.iconUrl ?? FAVICON_PATH} />
        <style>{raw(STYLE_SHEET)}</style>
      </head>
      <body>
        <a class="skip" href="#text" {...getLanguageAttributes(words, language)}>
          {words.skipToText}
        </a>
        <header class="site">
          <a href={FRONT_PATH} {...publicationAttributes}>
            {publication.title}
          </a>
          <p {...publicationAttributes}>{publication.description}</p>
        </header>
        <main id="text">{children}</main>
        <footer class="foot">
          <bdi {...publicationAttributes}>{publication.copyright ?? publication.publisher}</bdi>
          {' · '}
          <a href={ROUTES.feedDirectory} {...getLanguageAttributes(words, language)}>
            {words.feeds}
          </a>
          {' · '}
          <a href={CORRECTIONS_PATH} {...getLanguageAttributes(words, language)}>
            {words.corrections}
          </a>
        </footer>
      </body>
    </html>
  )
}

/**
 * Renders the `link` elements by which feed readers discover feeds. The most specific channel comes
 * first, because many readers offer only the first feed.
 */
const Autodiscovery: FC<Pick<PageFrame, 'publication' | 'channels'>> = ({
  publication,
  channels = [],
}) => (
  <>
    {[...channels, { channel: ALL_CHANNEL, title: publication.title }].flatMap((entry) =>
      listFeedLinks(entry.channel, publication).map(({ format, url }) => (
        <link
          rel="alternate"
          type={format.mediaType}
          title={`${entry.title} (${format.title})`}
          href={url}
        />
      )),
    )}
  </>
)

/** Renders a whole page as HTML. The same arguments always give the same bytes. */
export const renderPage = (frame: PageFrame, children: Child): string =>
  `<!doctype html>\n${(<Layout {...frame}>{children}</Layout>).toString()}\n`

/** Shows an address. One click selects all of it, by CSS alone. */
export const SelectableAddress: FC<{ address: string; label?: string }> = ({ address, label }) => (
  <span class="copy" title={label} dir="ltr" lang="en">
    {address}
  </span>
)

/** Lists the feeds of a channel as items of a `dl`, each with the address of the feed. */
export const FeedAddresses: FC<{
  channel: Channel
  publication: Publication
  words: Words
}> = ({ channel, publication, words }) => (
  <>
    {listFeedLinks(channel, publication).map(({ format, url }) => (
      <>
        <dt>
          <a href={url} type={format.mediaType} dir="ltr" lang="en">
            {format.title}
          </a>
        </dt>
        <dd>
          <SelectableAddress address={url} label={words.selectToCopy} />
        </dd>
      </>
    ))}
  </>
)
