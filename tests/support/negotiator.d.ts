/** Declares the types of what the tests use of `negotiator`, which has no types. */
declare module 'negotiator' {
  export default class Negotiator {
    constructor(request: { headers: Record<string, string> })
    mediaTypes(available: readonly string[]): string[]
  }
}
