/**
 * Makes the isolates of the embedded runtime collect garbage early. A request leaves some ten
 * kilobytes of native memory (headers, responses, streams) in each isolate that it passes. V8 sees
 * less than one of them and waits until its heap has grown by some forty megabytes: 20,000
 * requests, and a gigabyte for all isolates together (docs/decisions/027-memory-of-the-runtime.md).
 */
const HEAP_FLAGS = [
  // The first full collection runs at this many old megabytes, instead of some tens.
  '--initial-old-space-size=4',
  // Later collections run after 2 MB more instead of 8.
  '--optimize-for-size',
  // The previous flag would make this 1, which makes reading manuscripts a fifth slower.
  '--max-semi-space-size=16',
]
/** Miniflare reads V8 flags from this variable; it has no option for them. */
const FLAGS_VARIABLE = 'MINIFLARE_WORKERD_V8_FLAGS'

/** Sets the flags in Miniflare's environment. Those of the operator stay. */
export function setHeapFlags(environment: Record<string, string | undefined>): void {
  environment[FLAGS_VARIABLE] ??= HEAP_FLAGS.join(' ')
}
