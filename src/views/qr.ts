/** Short links as QR codes (ISO/IEC 18004). No other file imports the library. */
import { encodeQR } from 'qr'
import { escapeMarkup } from '../text/characters.ts'

export const QR_MEDIA_TYPE = 'image/svg+xml'

/** The white margin that cameras need, in modules (section 9.1). */
const QUIET_ZONE = 4
/** The size of a module in pixels, if nothing sets the size of the picture. */
const MODULE_PIXELS = 8

/**
 * Renders an address as SVG. Error level M tolerates 15 % damage. It is dark on white, whatever the
 * colours of the page, because many scanners fail on the reverse. Its accessible name is the
 * address.
 */
export function drawQr(address: string): string {
  const modules = encodeQR(address, 'raw', { ecc: 'medium', border: QUIET_ZONE })
  const side = modules.length
  const pixels = side * MODULE_PIXELS
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" width="${pixels}" height="${pixels}" shape-rendering="crispEdges" role="img"><title>${escapeMarkup(address)}</title><path fill="#fff" d="M0 0h${side}v${side}H0z"/><path fill="#000" d="${modules.map(renderRow).join('')}"/></svg>\n`
}

/** Renders the dark runs of a row as rectangles one module high: `M4 4h7v1h-7z`. */
const renderRow = (row: boolean[], y: number): string =>
  [
    ...row
      .map((isDark) => (isDark ? '#' : ' '))
      .join('')
      .matchAll(/#+/g),
  ]
    .map(({ index, 0: run }) => `M${index} ${y}h${run.length}v1h-${run.length}z`)
    .join('')
