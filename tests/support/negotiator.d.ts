/** Types for the used part of `negotiator`, which has none. */
declare module 'negotiator' {
  export default class Negotiator {
    constructor(request: { headers: Record<string, string> })
    mediaTypes(available: readonly string[]): string[]
  }
}
