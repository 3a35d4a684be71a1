/**
 * Short links as QR codes (ISO/IEC 18004), to be printed and photographed. This file alone knows
 * the library.
 */
import { encodeQR } from 'qr'
import { escapeMarkup } from '../text/characters.ts'

export const QR_MEDIA_TYPE = 'image/svg+xml'

/** White around the code that a camera needs to find it, in modules (section 9.1). */
const QUIET_ZONE = 4
/** Of one module, in pixels, where nothing says how large the picture is shown. */
const MODULE_PIXELS = 8

/**
 * An address as SVG. Error level M: 15 % of it may be torn, wet or covered. Dark on white whatever
 * the colours of the page around it, since many readers fail on the reverse. Who does not see it is
 * told the address.
 */
export function drawQr(address: string): string {
  const modules = encodeQR(address, 'raw', { ecc: 'medium', border: QUIET_ZONE })
  const side = modules.length
  const pixels = side * MODULE_PIXELS
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" width="${pixels}" height="${pixels}" shape-rendering="crispEdges" role="img"><title>${escapeMarkup(address)}</title><path fill="#fff" d="M0 0h${side}v${side}H0z"/><path fill="#000" d="${modules.map(renderRow).join('')}"/></svg>\n`
}

/** The dark runs of a row, each a rectangle one module high: `M4 4h7v1h-7z`. */
const renderRow = (row: boolean[], y: number): string =>
  [
    ...row
      .map((isDark) => (isDark ? '#' : ' '))
      .join('')
      .matchAll(/#+/g),
  ]
    .map(({ index, 0: run }) => `M${index} ${y}h${run.length}v1h-${run.length}z`)
    .join('')
