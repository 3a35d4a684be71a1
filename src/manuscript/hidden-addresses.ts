/**
 * Finds the addresses of pictures and media in attributes, including those that only a script
 * reads: a script loads the picture later, after a consent, or in place of an empty element.
 */
import type { Element, Properties } from 'hast'
import { findBareAddresses } from './bare-addresses.ts'

/** Attributes with the address of what a script will show. The first ones are the most common. */
const LAZY_NAMES = ['dataSrc', 'dataLazySrc', 'dataOriginal', 'dataLazy', 'dataImgUrl']
const LAZY_NAME = /src|original|lazy|actual/i
/** Attributes of other elements, from which a script makes an embedded medium. */
const EMBED_NAME = /^data.*(?:src|url|href|link|permalink|original|embed)/i
/** Attributes with the address of a smaller picture, or with no address at all. */
const OTHER_NAME =
  /low(?:src|res|$)|lqip|thumb|placeholder|preview|fallback|error|blank|small|poster|icon|share|tracking|(?:type|class|sizes?|width|height|ratio|title|format|alt|doc|lang|action)$/i
const SRCSET_NAME = /srcset/i
/** Matches a `srcset` that stands in another attribute. */
const WITH_SIZE = /\s\d[\d.]{0,9}[wx](?:,|$)/
const PICTURE_FILE = /\.(?:jpe?g|png|gif|webp|avif|svg|bmp|heic|jxl)(?:[?#]|$)/i
/** File names of pictures that themes show until a script has loaded the real one. */
const PLACEHOLDER =
  /(?:^|[/_.-])(?:placeholder|blank|spacer|transparent|trans|lazy|loading|loader|dummy|empty|pixel|1x1|1px)(?:[_.-][^/?#]*)?\.(?:gif|png|svg|jpe?g|webp)(?:[?#]|$)/i

/**
 * Returns the address unchanged, except for white space, if it is relative or has a web scheme. The
 * base only serves to test the scheme.
 */
export function toWebAddress(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const address = value.trim()
  if (address === '' || address.startsWith('#') || !URL.canParse(address, BASE)) return undefined
  const isWeb = /^https?:/i.test(address) || /^https?:$/.test(new URL(address, BASE).protocol)
  return isWeb ? address : undefined
}
const BASE = 'https://site.invalid/'

/** Returns the host of a web address, or else the address, to be the text of a link. */
export const getHost = (address: string): string =>
  URL.canParse(address, BASE)
    ? new URL(address, BASE).host.replace('site.invalid', address) || address
    : address

export const isAbsolute = (address: string): boolean => /^(?:https?:)?\/\/[^\s/]\S*$/i.test(address)

/**
 * Returns the value if it is a web address. A word alone, such as `true`, is none, and neither is a
 * template, such as `photo-{width}.jpg`.
 */
function toLikelyAddress(value: unknown): string | undefined {
  const address = toWebAddress(value)
  if (address === undefined || /[{}]/.test(address)) return undefined
  if (WITH_SIZE.test(address)) return listCandidates(address)[0]
  const isLikely =
    isAbsolute(address) ||
    /^\.{0,2}\/[^\s/]|^[^\s:{[]+\/\S|\.[a-z][a-z\d]{1,4}(?:[?#]|$)/i.test(address)
  return isLikely ? address : undefined
}

/** Lists the addresses that a script would load, the likeliest first. */
export function listLazyAddresses(properties: Properties): string[] {
  const names = Object.keys(properties).filter(
    (name) => LAZY_NAME.test(name) && name !== 'src' && !OTHER_NAME.test(name),
  )
  return [
    ...[...LAZY_NAMES, ...names.filter((name) => !SRCSET_NAME.test(name))].map((name) =>
      toLikelyAddress(properties[name]),
    ),
    ...names
      .filter((name) => SRCSET_NAME.test(name) && name !== 'srcSet')
      .flatMap((name) => listCandidates(properties[name])),
  ].filter((address) => address !== undefined)
}

/**
 * Lists the absolute addresses in `data-…` attributes from which a script makes an embedded medium.
 */
export const listEmbedAttributes = (properties: Properties): { name: string; address: string }[] =>
  Object.entries(properties).flatMap(([name, value]) => {
    if (!EMBED_NAME.test(name) || OTHER_NAME.test(name)) return []
    const address = toWebAddress(value)
    return address !== undefined && isAbsolute(address) ? [{ name, address }] : []
  })

/** Lists the candidates of a `srcset`, the largest first (HTML section 4.8.4.3). */
export function listCandidates(srcset: unknown): string[] {
  if (typeof srcset !== 'string') return []
  return [...srcset.matchAll(/([^\s,]\S*?)(?:,(?=\s)|,?$|\s+([^,]*)(?:,|$))/g)]
    .map(([, address, size = '']) => ({
      address: toWebAddress(address),
      size: Number.parseFloat(size) || 1,
    }))
    .sort((a, b) => b.size - a.size)
    .map(({ address }) => address)
    .filter((address) => address !== undefined)
}

/**
 * Returns the address of a picture, even if a script would set it. `sources` are the `source`
 * elements that stand beside it in a `picture`.
 */
export function findPictureAddress(
  { properties }: Element,
  sources: Element[] = [],
): string | undefined {
  const all = [properties, ...sources.map((source) => source.properties)]
  const lazyAddress = all.flatMap(listLazyAddresses)[0]
  if (lazyAddress !== undefined) return lazyAddress
  const address = toWebAddress(properties['src'])
  if (address !== undefined && !PLACEHOLDER.test(address)) return address
  return all.flatMap(({ srcSet }) => listCandidates(srcSet))[0] ?? findFile(properties) ?? address
}

const findFile = (properties: Properties): string | undefined =>
  Object.entries(properties)
    .filter(([name]) => /^data/.test(name) && !OTHER_NAME.test(name))
    .map(([, value]) => toLikelyAddress(value))
    .find((address) => address !== undefined && PICTURE_FILE.test(address))

/** Lists all addresses in the attributes of a picture or a medium. */
export const listOwnAddresses = ({ properties }: Element): string[] =>
  [
    ...['src', 'data', 'url', 'href'].map((name) => toWebAddress(properties[name])),
    ...listLazyAddresses(properties),
    ...listEmbedAttributes(properties).map(({ address }) => address),
    ...listCandidates(properties['srcSet']),
  ].filter((address) => address !== undefined)

/** Lists the absolute web addresses that stand somewhere in a text. */
export const findWebAddresses = (text: string): string[] =>
  findBareAddresses(text)
    .map(({ href }) => href)
    .filter((href) => /^https?:/i.test(href))
