/** JSON from clients (RFC 8259; rules U-10, X-15, X-16). */
import { describe, expect, it } from 'vitest'
import { MAX_JSON_DEPTH, omitNull, omitUndefined, parseJson } from '../../src/text/json.ts'

describe('parseJson', () => {
  it.each<[string, unknown]>([
    ['{}', {}],
    [' {"a":[1,2.5e3,true,false,null,"x"]} ', { a: [1, 2500, true, false, null, 'x'] }],
    ['{"a":{"x":1},"b":{"x":2}}', { a: { x: 1 }, b: { x: 2 } }],
    ['[{"x":1},{"x":2}]', [{ x: 1 }, { x: 2 }]],
    ['{"a":"{\\"a\\":1,\\"a\\":2}"}', { a: '{"a":1,"a":2}' }],
    ['{"a":":","b":["a",":"]}', { a: ':', b: ['a', ':'] }],
    ['{"\\u0061b":1,"a":2}', { ab: 1, a: 2 }],
    ['"\\ud83d\\ude80"', '🚀'],
    ['3', 3],
  ])('reads %s', (text, value) => {
    expect(parseJson(text)).toEqual({ ok: true, value })
  })

  it.each([
    '',
    ' ',
    '{',
    '{"a":1,}',
    "{'a':1}",
    '{a:1}',
    'NaN',
    '[1,]',
    '{"a":01}',
    '{"a":1}{"b":2}',
    '// x\n{}',
    '"\n"',
    '{"a" "b"}',
    '\ufeff{}',
    ']',
    ':',
    '"unclosed',
    '"unclosed\\',
  ])('refuses %j as invalid JSON', (text) => {
    expect(parseJson(text)).toEqual({ ok: false, why: 'the body is not JSON' })
  })

  it.each([
    ['{"title":1,"title":2}', 'title'],
    ['{"a":{"b":[{"c":1,"c":2}]}}', 'c'],
    ['{"title":1,"\\u0074itle":2}', 'title'],
    ['{"a":[1,{"x":1}],"a":3}', 'a'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"":1,"":2}', ''],
  ])('refuses a duplicate key, however it is written: %s (U-10)', (text, key) => {
    expect(parseJson(text)).toEqual({
      ok: false,
      why: `the key "${key}" occurs twice in one object`,
    })
  })

  it('treats a key such as __proto__ as ordinary data', () => {
    const parsed = parseJson('{"__proto__":{"polluted":true}}')
    expect(parsed.ok && Object.hasOwn(Object(parsed.value), '__proto__')).toBe(true)
    expect({}).not.toHaveProperty('polluted')
  })

  it('accepts lists and objects of the maximum depth, and refuses deeper ones (X-15)', () => {
    const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    const why = `the body is nested deeper than ${MAX_JSON_DEPTH}`
    for (const nested of [lists, objects]) {
      expect(parseJson(nested(MAX_JSON_DEPTH)).ok).toBe(true)
      expect(parseJson(nested(MAX_JSON_DEPTH + 1))).toEqual({ ok: false, why })
      expect(parseJson(nested(500_000))).toEqual({ ok: false, why })
    }
  })

  it.each([
    ['an unterminated string', `"${'\\"'.repeat(500_000)}`],
    ['many unterminated strings', '"\\'.repeat(500_000)],
    ['nothing but quotation marks', '"'.repeat(500_001)],
    ['a string of escapes', `{"a":"${'\\n'.repeat(500_000)}"`],
    ['punctuation', ','.repeat(500_000)],
  ])('is fast with %s (X-16)', (_, text) => {
    const start = performance.now()
    expect(parseJson(text)).toEqual({ ok: false, why: 'the body is not JSON' })
    expect(performance.now() - start).toBeLessThan(1000)
  })

  it('reads a string as long as the body of a request may be', () => {
    const long = 'x\\n"'.repeat(400_000)
    expect(parseJson(JSON.stringify({ long }))).toEqual({ ok: true, value: { long } })
  })
})

describe('an object with values that may be absent', () => {
  const falsy = { zero: 0, empty: '', no: false }

  it('keeps the order of its keys when undefined values are omitted', () => {
    const input = { b: 1, a: undefined, ...falsy, nothing: null }
    expect(Object.entries(omitUndefined(input))).toEqual(
      Object.entries({ b: 1, ...falsy, nothing: null }),
    )
  })

  it('keeps the order of its keys when null values are omitted', () => {
    const input = { b: 1, a: null, ...falsy, unset: undefined }
    expect(Object.entries(omitNull(input))).toEqual(
      Object.entries({ b: 1, ...falsy, unset: undefined }),
    )
  })

  it('has a type in which only keys whose value may be absent are optional', () => {
    const text: string | undefined = [].at(0)
    const column = new Headers().get('Link')
    const withoutUndefined: { always: number; text?: string } = omitUndefined({ always: 1, text })
    const withoutNull: { always: number; column?: string } = omitNull({ always: 1, column })
    expect([withoutUndefined, withoutNull]).toEqual([{ always: 1 }, { always: 1 }])
  })
})
