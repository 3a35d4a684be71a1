/** Renders the Open Graph tags (ogp.me) from which chats and networks build a link's preview. */
import type { FC } from 'hono/jsx'
import type { Publication } from '../model/publication.ts'
import { formatTerritoryLocale } from '../text/language.ts'

/**
 * The tags that every page has. A page without a picture of its own shows the publication's logo.
 */
export const OpenGraph: FC<{
  publication: Publication
  title: string
  url: string
  description: string
  language: string
  type?: 'website' | 'article'
  hasImage?: boolean
}> = ({ publication, title, url, description, language, type = 'website', hasImage = false }) => {
  const locale = formatTerritoryLocale(language)
  return (
    <>
      <meta property="og:type" content={type} />
      <meta property="og:title" content={title} />
      <meta property="og:url" content={url} />
      <meta property="og:description" content={description} />
      <meta property="og:site_name" content={publication.title} />
      {locale !== undefined && <meta property="og:locale" content={locale} />}
      {!hasImage && publication.logoUrl !== undefined && (
        <meta property="og:image" content={publication.logoUrl} />
      )}
    </>
  )
}
