/**
 * Makes the isolates of the embedded runtime collect garbage early. A request leaves about ten
 * kilobytes of native memory (headers, responses, streams) in each isolate that handles it. V8
 * counts less than one of these kilobytes, and waits until its heap has grown by about forty
 * megabytes. That takes 20,000 requests, and by then all isolates together use a gigabyte
 * (docs/decisions/027-memory-of-the-runtime.md).
 */
const HEAP_FLAGS = [
  // The first full collection runs when old objects take 4 MB, instead of some tens.
  '--initial-old-space-size=4',
  // Later collections run after 2 MB of growth, instead of 8.
  '--optimize-for-size',
  // The previous flag would set this to 1, and reading manuscripts would be a fifth slower.
  '--max-semi-space-size=16',
]
/** Miniflare reads V8 flags from this variable; it has no option for them. */
const FLAGS_VARIABLE = 'MINIFLARE_WORKERD_V8_FLAGS'

/** Sets the flags in Miniflare's environment, unless the operator has set some. */
export function setHeapFlags(environment: Record<string, string | undefined>): void {
  environment[FLAGS_VARIABLE] ??= HEAP_FLAGS.join(' ')
}
