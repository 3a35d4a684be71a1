/**
 * Short codes: which are allowed, which are refused, and how the desk mints new ones. The alphabet
 * of minted codes leaves out the characters that readers confuse most often in print.
 */

/** 31 characters: no 0, 1, i, l, o. Five of them make 28.6 million codes. */
export const CODE_ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz'
export const CODE_LENGTH = 5
export const CODE_GRAMMAR = /^[A-Za-z0-9_-]{1,64}$/

/** How many random codes of one length are tried before the next length. */
const TRIES_PER_LENGTH = 16

/** Words that must not occur in a newsroom's links, in lower case. */
const RUDE_WORDS =
  `anal anus arse ass bastard bitch bum butt cock crap cum cunt dick dyke fag fart fck fuc fuk
   gay homo jap jew kkk kunt naz negr nude paki penis phuck piss porn prick pussy rape scum sex
   shag shat slut spaz suck tard turd twat wank whore xxx shit tit nigg`.split(/\s+/)
const LETTERS_BY_DIGIT: Readonly<Record<string, string>> = {
  '2': 'z',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
}

/** Folds case. Codes are ASCII. */
export const foldCode = (code: string): string => code.toLowerCase()

/**
 * Picks the code that a reader typed among codes that differ only in case: the exact match, or the
 * only candidate. Returns `undefined` if it is ambiguous. `codes` has the codes as keys.
 */
export function findTypedCode(codes: object, typed: string): string | undefined {
  if (Object.hasOwn(codes, typed)) return typed
  const [firstCode, ...others] = Object.keys(codes)
  return others.length === 0 ? firstCode : undefined
}

const convertDigitsToLetters = (code: string): string =>
  foldCode(code).replace(/[2345789]/g, (digit) => LETTERS_BY_DIGIT[digit] ?? digit)

/** Returns whether a minted code contains a rude word, with digits read as letters. */
export function hasRudeWord(code: string): boolean {
  const folded = foldCode(code)
  const letters = convertDigitsToLetters(code)
  return RUDE_WORDS.some((word) => folded.includes(word) || letters.includes(word))
}

/**
 * Returns whether a chosen code is a rude word, or has one between `-` and `_`. Unlike minted
 * codes, chosen ones may be words such as `assembly`.
 */
export function isRudeCode(code: string): boolean {
  return [foldCode(code), convertDigitsToLetters(code)].some((form) =>
    form.split(/[-_]/).some((part) => RUDE_WORDS.includes(part)),
  )
}

/**
 * Mints a code that is not in use. `isInUse` gets the folded form, so that minted codes never
 * differ from another code only in case. Codes become longer when most codes of a length are in
 * use.
 */
export function mintCode(
  randomBytes: (count: number) => Uint8Array,
  isInUse: (folded: string) => boolean,
): string {
  for (let length = CODE_LENGTH; ; length += 1) {
    for (let attempt = 0; attempt < TRIES_PER_LENGTH; attempt += 1) {
      const code = randomCode(randomBytes, length)
      if (!hasRudeWord(code) && !isInUse(code)) return code
    }
  }
}

/**
 * Returns a uniformly random code. Bytes at or above the largest multiple of 31 are discarded,
 * because they would make some characters more frequent.
 */
function randomCode(randomBytes: (count: number) => Uint8Array, length: number): string {
  const unbiasedLimit = 256 - (256 % CODE_ALPHABET.length)
  let code = ''
  while (code.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < unbiasedLimit && code.length < length)
        code += CODE_ALPHABET[byte % CODE_ALPHABET.length]
    }
  }
  return code
}
