/** Reads QR codes with jsQR, which is independent of the library that renders ours. */
import jsqr from 'jsqr'

/** The text in a square of pixels (red, green, blue, opacity), dark on white; `undefined` when nothing is found. */
export const readQr = (pixels: Uint8ClampedArray, side: number): string | undefined =>
  jsqr.default(pixels, side, side, { inversionAttempts: 'dontInvert' })?.data
