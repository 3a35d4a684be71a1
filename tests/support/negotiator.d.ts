/** `negotiator` brings no types; this is what the tests use of it. */
declare module 'negotiator' {
  export default class Negotiator {
    constructor(request: { headers: Record<string, string> })
    mediaTypes(available: readonly string[]): string[]
  }
}
