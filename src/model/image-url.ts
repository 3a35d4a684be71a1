/**
 * Detects image addresses that clearly point to something else, such as a video or a document.
 * Readers would see a broken picture instead.
 */

/**
 * File extensions of audio, video, text and archives. An address with another extension, or without
 * one, may be that of an image.
 */
const NON_IMAGE_EXTENSIONS: ReadonlySet<string> = new Set(
  `mp3 m4a m4b aac ogg oga opus wav flac wma aif aiff mid midi amr weba mp4 m4v mov avi webm mkv
   mpg mpeg mpe wmv flv 3gp 3g2 ogv m3u m3u8 mpd vtt srt pdf doc docx xls xlsx ppt pptx odt ods odp
   rtf txt csv tsv md epub mobi htm html xhtml xml rss atom json jsonld js mjs css zip gz tgz bz2 xz
   7z rar tar exe dmg apk iso woff woff2 ttf otf ics vcf`.split(/\s+/),
)

/**
 * Returns the extension of an address, in lower case and without the dot, if it is the extension of
 * something other than an image.
 */
export function findNonImageExtension(url: string): string | undefined {
  if (!URL.canParse(url, 'http://media')) return undefined
  const extension = /\.([a-z0-9]{1,8})\/?$/i.exec(new URL(url, 'http://media').pathname)?.[1]
  return extension !== undefined && NON_IMAGE_EXTENSIONS.has(extension.toLowerCase())
    ? extension.toLowerCase()
    : undefined
}
