/** QR codes of short links can be read by another library, and suit printers and cameras. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawQr } from '../../src/views/qr.ts'
import { readQr } from '../support/qr-reader.ts'
import { runs } from '../support/runs.ts'

const QUIET_ZONE = 4
const PIXELS = 4

/** Returns the dark modules row by row, from the paths of the picture. */
function parseModules(svg: string): boolean[][] {
  const side = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1])
  expect(svg).toContain(`<path fill="#fff" d="M0 0h${side}v${side}H0z"/>`)
  const modules = Array.from({ length: side }, () => Array.from({ length: side }, () => false))
  const path = /<path fill="#000" d="([^"]*)"\/>/.exec(svg)?.[1] ?? ''
  const runs = [...path.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)]
  expect(runs.map(([run]) => run).join('')).toBe(path)
  for (const [, x, y, width, back] of runs) {
    expect(back).toBe(width)
    modules[Number(y)]?.fill(true, Number(x), Number(x) + Number(width))
  }
  return modules
}

function decodeSvg(svg: string): string | undefined {
  const modules = parseModules(svg)
  const side = modules.length * PIXELS
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255)
  for (let y = 0; y < side; y += 1)
    for (let x = 0; x < side; x += 1)
      if (modules[Math.floor(y / PIXELS)]?.[Math.floor(x / PIXELS)])
        pixels.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3)
  return readQr(pixels, side)
}

const CODE = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-'),
  minLength: 1,
  maxLength: 64,
})
const ORIGIN = fc.constantFrom(
  'https://arab.news',
  'https://NWS.example',
  'http://127.0.0.1:8787',
  `https://${'a-long-name.'.repeat(8)}example`,
)

describe('a QR code', () => {
  it('is decoded by another library to exactly the address, whatever the code and the host', () => {
    fc.assert(
      fc.property(ORIGIN, CODE, (origin, code) => {
        expect(decodeSvg(drawQr(`${origin}/${code}`))).toBe(`${origin}/${code}`)
      }),
      { numRuns: runs(60) },
    )
  })

  it('has a margin of four white modules, with finder patterns directly inside it', () => {
    const modules = parseModules(drawQr('https://arab.news/mheng'))
    const end = modules.length - QUIET_ZONE
    for (const [y, row] of modules.entries())
      for (const [x, dark] of row.entries())
        if (Math.min(x, y) < QUIET_ZONE || Math.max(x, y) >= end) expect(dark).toBe(false)
    for (const [x, y] of [
      [QUIET_ZONE, QUIET_ZONE],
      [end - 1, QUIET_ZONE],
      [QUIET_ZONE, end - 1],
    ] as const)
      expect(modules[y]?.[x]).toBe(true)
  })

  it.each([
    'https://arab.news/m',
    'https://arab.news/mheng',
    `https://arab.news/${'x'.repeat(64)}`,
  ])('has error correction level M, even if a higher level would fit: %s', (address) => {
    const modules = parseModules(drawQr(address))
    // In the format information M is 00, and the mask begins with 10 (ISO/IEC 18004 section 7.9.1).
    const row = modules[QUIET_ZONE + 8]
    expect([row?.[QUIET_ZONE], row?.[QUIET_ZONE + 1]]).toEqual([true, false])
  })

  it('does not change for the same address, has sharp edges, and is a square', () => {
    const svg = drawQr('https://arab.news/mheng')
    expect(drawQr('https://arab.news/mheng')).toBe(svg)
    const [, side, width, height] =
      /viewBox="0 0 (\d+) \d+" width="(\d+)" height="(\d+)"/.exec(svg) ?? []
    expect(width).toBe(height)
    expect(Number(width) % Number(side)).toBe(0)
    expect(svg).toContain('shape-rendering="crispEdges"')
  })

  it('has the address as its accessible name, which is escaped', () => {
    expect(drawQr('https://a.example/?b&c=</title><script>')).toContain(
      'role="img"><title>https://a.example/?b&amp;c=&lt;/title&gt;&lt;script&gt;</title>',
    )
  })
})
