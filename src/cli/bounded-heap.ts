import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** What makes much garbage and keeps little needs less room than V8 gives it when the machine has much. */
interface HeapBounds {
  /** New objects, in both halves of the space that V8 has for them; left to itself V8 makes it up to 128 MB. */
  readonly youngBytes: number
  /** How much more than what is in use may gather before all of the heap is looked through; V8 waits for several times as much. */
  readonly growingPercent: number
}

/** What a few requests need fits; with less, what they still use when it is full is taken for something that stays. */
export const heapOfServer: HeapBounds = { youngBytes: 8 * 1024 * 1024, growingPercent: 20 }

/** Room for the batches under way; a load of a million rows then takes hardly more memory than one of a hundred thousand. */
export const heapOfLoad: HeapBounds = { youngBytes: 32 * 1024 * 1024, growingPercent: 30 }

/** Somebody who runs Node with one of these knows better. */
const sizesOfHeap =
  /--(min|max)[-_]semi[-_]space[-_]size|--semi[-_]space[-_]growth[-_]factor|--heap[-_]growing[-_]percent/

/**
 * Keeps the heap of this process small. Until the returned function is called the space for new objects does not grow
 * at all, because what start-up leaves behind would make it grow for good; then it grows as far as it may. Does nothing
 * when Node was given sizes by its command line or `NODE_OPTIONS`.
 */
export function boundHeap({ youngBytes, growingPercent }: HeapBounds): () => void {
  if ([...process.execArgv, process.env.NODE_OPTIONS].some((text) => text !== undefined && sizesOfHeap.test(text))) {
    return () => {}
  }
  setFlagsFromString(`--heap-growing-percent=${growingPercent}`)
  youngGenerationGrows(false)
  return () => letYoungGenerationGrow(youngBytes)
}

/** It doubles when much has outlived collections; once large enough it stays. */
function letYoungGenerationGrow(youngBytes: number): void {
  const observer = new PerformanceObserver(() => {
    if (youngGenerationBytes() < youngBytes) return
    youngGenerationGrows(false)
    observer.disconnect()
  })
  observer.observe({ entryTypes: ['gc'] })
  youngGenerationGrows(true)
}

/** The one flag of sizes that V8 looks at again while it runs. */
function youngGenerationGrows(grows: boolean): void {
  setFlagsFromString(`--semi-space-growth-factor=${grows ? 2 : 1}`)
}

function youngGenerationBytes(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0
}
