/** Splits a sequence into batches, for receivers that limit how much they accept at once. */

/**
 * Yields the items in order, in batches. `weigh` returns how much an item adds towards each limit.
 * The item that reaches a limit ends its batch, so a single item may exceed it.
 */
export async function* splitIntoBatches<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limits: readonly number[],
  weigh: (item: Item) => readonly number[],
): AsyncGenerator<Item[]> {
  let batch: Item[] = []
  let remaining = limits
  for await (const item of items) {
    batch.push(item)
    const weights = weigh(item)
    remaining = remaining.map((left, index) => left - (weights[index] ?? 0))
    if (remaining.every((left) => left > 0)) continue
    yield batch
    batch = []
    remaining = limits
  }
  if (batch.length > 0) yield batch
}
