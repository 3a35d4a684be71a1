/** The XML writer writes only well-formed documents (XML 1.0 section 2; rules ). */
import { describe, expect, it } from 'vitest'
import { element } from '../../src/feeds/xml.ts'
import { getOnlyChild, listChildren, parseRoot } from '../support/xml.ts'

const HOSTILE = `& < > " ' &amp; ]]> <![CDATA[ --> <? ?> é 🚀 \u2028 \u0085 ع`

describe('element', () => {
  it('escapes texts and attributes so that a parser reads the original text', () => {
    const root = parseRoot(element('a', { b: HOSTILE }, HOSTILE).renderDocument())
    expect(root.text).toBe(HOSTILE)
    expect(root.attributes).toEqual({ b: HOSTILE })
  })

  it('escapes only the five characters that have predefined references', () => {
    expect(element('a', { b: `"'` }, `&<>"'é`).renderDocument()).toBe(
      '<?xml version="1.0" encoding="utf-8"?>\n<a b="&quot;&#39;">&amp;&lt;&gt;&quot;&#39;é</a>\n',
    )
  })

  it.each([0x00, 0x08, 0x0b, 0x0c, 0x1f, 0xfffe, 0xffff, 0xd800, 0xdfff])(
    'replaces U+%s, which XML forbids, in texts and attributes',
    (point) => {
      const character = String.fromCharCode(point)
      const root = parseRoot(
        element('a', { b: `x${character}y` }, `x${character}y`).renderDocument(),
      )
      expect(root.text).toBe('x\ufffdy')
      expect(root.attributes['b']).toBe('x\ufffdy')
    },
  )

  it('preserves a carriage return, which a parser would otherwise read as a line feed', () => {
    expect(parseRoot(element('a', {}, 'x\r\ny\rz').renderDocument()).text).toBe('x\r\ny\rz')
  })

  it('omits absent attributes and children, and writes elements without content as empty ones', () => {
    expect(element('a', { b: undefined, c: 0 }, undefined, false, '').renderDocument()).toContain(
      '<a c="0"/>',
    )
    expect(
      listChildren(
        parseRoot(element('a', {}, element('b', {}), undefined, element('c', {})).renderDocument()),
      ).map(({ name }) => name),
    ).toEqual(['b', 'c'])
  })

  it('treats every string as text, even if it contains markup', () => {
    const root = parseRoot(element('a', {}, '<evil/>', element('b', {}, 'c')).renderDocument())
    expect(listChildren(root).map(({ name }) => name)).toEqual(['b'])
    expect(getOnlyChild(root, 'b').text).toBe('c')
    expect(root.text).toBe('<evil/>c')
  })

  it.each(['', 'a b', '1a', 'a>', 'a:b:c', ':a', 'a:', 'é', '-a', 'a"'])(
    'rejects %j as the name of an element or attribute',
    (name) => {
      expect(() => element(name, {})).toThrow(TypeError)
      expect(() => element('a', { [name]: 'x' })).toThrow(TypeError)
    },
  )

  it.each(['a', 'media:content', '_a', 'xml:lang', 'a-b.c_d'])('accepts %j as a name', (name) => {
    expect(parseRoot(element(name, { 'xmlns:media': 'x' }).renderDocument()).name).toBe(name)
  })
})
