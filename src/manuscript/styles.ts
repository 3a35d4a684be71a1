/** Reads the declarations in the `style` attribute of an element (CSS Style Attributes). */
import type { Element } from 'hast'

/** Returns the values by property, in lower case. The last of two declarations counts. */
export function getStyles({ properties }: Element): ReadonlyMap<string, string> {
  const styles = new Map<string, string>()
  for (const declaration of String(properties['style'] ?? '').split(';')) {
    const colon = declaration.indexOf(':')
    const name = declaration.slice(0, Math.max(0, colon)).trim().toLowerCase()
    const value = declaration.slice(colon + 1).replace(/!\s*important/i, '')
    if (name !== '') styles.set(name, value.trim().toLowerCase())
  }
  return styles
}
