/**
 * Runs `work` on every item, at most `limit` at a time, and gives the results in the order of the items. After an error
 * nothing more is started; it is thrown when what runs has ended.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length)
  const remaining = items.entries()
  let failed = false
  const worker = async (): Promise<void> => {
    for (const [index, item] of remaining) {
      if (failed) return
      try {
        results[index] = await work(item, index)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const settled = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker))
  for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason
  return results
}
