/**
 * Renders short links as QR codes (ISO/IEC 18004) for print and screens. No other file imports the
 * library `qr`.
 */
import { encodeQR } from 'qr'
import { escapeMarkup } from '../text/characters.ts'

export const QR_MEDIA_TYPE = 'image/svg+xml'

/** The width of the white margin that cameras need, in modules (ISO/IEC 18004 §9.1). */
const QUIET_ZONE = 4
/** The width of a module in pixels. It applies unless the page sets the size of the picture. */
const MODULE_PIXELS = 8

/**
 * Renders an address as a QR code in SVG. Error correction level M tolerates damage to 15 % of the
 * code. The code is black on white even on dark pages, because many scanners cannot read inverted
 * codes. The accessible name of the picture is the address.
 */
export function drawQr(address: string): string {
  const modules = encodeQR(address, 'raw', { ecc: 'medium', border: QUIET_ZONE })
  const side = modules.length
  const pixels = side * MODULE_PIXELS
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" width="${pixels}" height="${pixels}" shape-rendering="crispEdges" role="img"><title>${escapeMarkup(address)}</title><path fill="#fff" d="M0 0h${side}v${side}H0z"/><path fill="#000" d="${modules.map(renderRow).join('')}"/></svg>\n`
}

/** Renders a row as an SVG path. Each run of dark modules is a rectangle such as `M4 4h7v1h-7z`. */
const renderRow = (row: boolean[], y: number): string =>
  [
    ...row
      .map((isDark) => (isDark ? '#' : ' '))
      .join('')
      .matchAll(/#+/g),
  ]
    .map(({ index, 0: run }) => `M${index} ${y}h${run.length}v1h-${run.length}z`)
    .join('')
