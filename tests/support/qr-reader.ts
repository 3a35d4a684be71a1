/** Reads QR codes with jsQR, which is independent of the library that renders ours. */
import jsqr from 'jsqr'

/**
 * Returns the text in a square of pixels (red, green, blue, opacity), dark on white, or
 * `undefined`.
 */
export const readQr = (pixels: Uint8ClampedArray, side: number): string | undefined =>
  jsqr.default(pixels, side, side, { inversionAttempts: 'dontInvert' })?.data
