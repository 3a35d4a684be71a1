/**
 * Splits a sequence into batches, for receivers that accept many items at once, but not any number.
 */

/**
 * Yields the items in order, in batches. `weigh` returns how much an item adds towards each limit.
 * The item that reaches a limit ends its batch, so a single item may exceed it.
 */
export async function* batchesOf<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limits: readonly number[],
  weigh: (item: Item) => readonly number[],
): AsyncGenerator<Item[]> {
  let batch: Item[] = []
  let room = limits
  for await (const item of items) {
    batch.push(item)
    const weights = weigh(item)
    room = room.map((left, index) => left - (weights[index] ?? 0))
    if (room.every((left) => left > 0)) continue
    yield batch
    batch = []
    room = limits
  }
  if (batch.length > 0) yield batch
}
