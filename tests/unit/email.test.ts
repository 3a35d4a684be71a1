/** E-mail addresses of authors: the domain becomes ASCII, and other programs can read the rest. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalizeEmail } from '../../src/text/email.ts'
import { runs } from '../support/runs.ts'

describe('an e-mail address', () => {
  it.each([
    ['sana@news.example', 'sana@news.example'],
    ['Sana.Khan+tips@News.Example', 'Sana.Khan+tips@news.example'],
    ["o'brien@news.example", "o'brien@news.example"],
    ['sana@münchen.example', 'sana@xn--mnchen-3ya.example'],
    ['sana@أخبار.example', 'sana@xn--igbicxr.example'],
    ['sana@ｎｅｗｓ.example', 'sana@news.example'],
  ])('%s is stored as %s', (text, address) => {
    expect(normalizeEmail(text)).toEqual({ ok: true, address })
  })

  it.each([
    ['nobody', 'is not an e-mail address'],
    ['@news.example', 'is not an e-mail address'],
    ['a@b@news.example', 'is not an e-mail address'],
    ['müller@news.example', 'has "ü" before the @'],
    ['أخبار@news.example', 'has "أ" before the @'],
    ['"a b"@news.example', 'the part before the @ is invalid'],
    ['a..b@news.example', 'the part before the @ is invalid'],
    ['.a@news.example', 'the part before the @ is invalid'],
    [`${'a'.repeat(65)}@news.example`, 'the part before the @ is invalid'],
    ['a b@news.example', 'the part before the @ is invalid'],
    ['a@news', 'the part after the @ is not a domain'],
    ['a@127.0.0.1', 'the part after the @ is not a domain'],
    ['a@[::1]', 'the part after the @ is not a domain'],
    ['a@news.example/x', 'the part after the @ is not a domain'],
    ['a@news.example:25', 'the part after the @ is not a domain'],
    ['a@-news.example', 'the part after the @ is not a domain'],
    [`a@${'a.'.repeat(130)}example`, 'is longer than 254 characters'],
  ])('%s is refused: %s', (text, why) => {
    expect(normalizeEmail(text)).toEqual({ ok: false, why: expect.stringContaining(why) })
  })

  it('is always stored as ASCII that a mail program accepts, and is stable', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.emailAddress(),
          fc.string({ unit: 'grapheme' }).map((text) => `${text}@münchen.example`),
          fc.domain().map((domain) => `a@${domain}`),
        ),
        (text) => {
          const normalized = normalizeEmail(text)
          if (!normalized.ok) return
          expect(normalized.address).toMatch(/^[!-~]{1,64}@[a-z0-9.-]+$/)
          expect(normalizeEmail(normalized.address)).toEqual(normalized)
        },
      ),
      { numRuns: runs(500) },
    )
  })
})
