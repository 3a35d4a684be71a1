/**
 * When the isolates of the embedded runtime collect their garbage. A request leaves some ten
 * kilobytes of native memory behind in each isolate that it passes (headers, responses, streams),
 * and V8, which sees less than one of them, waits until the heap of that isolate has grown by some
 * forty megabytes: 20,000 requests, and a gigabyte for all isolates together
 * (docs/decisions/027-memory-of-the-runtime.md).
 */
const HEAP_FLAGS = [
  // The first collection of everything comes when so many MB are old, instead of some tens.
  '--initial-old-space-size=4',
  // The next ones come after 2 MB more instead of 8.
  '--optimize-for-size',
  // The flag before it would make this 1, at which reading manuscripts costs a fifth more.
  '--max-semi-space-size=16',
]
/** Where Miniflare looks for flags of V8; it has no option for them. */
const FLAGS_VARIABLE = 'MINIFLARE_WORKERD_V8_FLAGS'

/**
 * Sets the flags in the environment that Miniflare reads when it starts the runtime. An operator's
 * own stay.
 */
export function setHeapFlags(environment: Record<string, string | undefined>): void {
  environment[FLAGS_VARIABLE] ??= HEAP_FLAGS.join(' ')
}
