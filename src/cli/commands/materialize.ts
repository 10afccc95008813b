import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { boundHeap, heapOfLoad } from '../bounded-heap.ts'
import type { CommandContext } from '../command.ts'
import { MaterializeReport } from '../materialize-report.ts'
import { readTime } from '../read-time.ts'

export async function run(command: CommandContext): Promise<void> {
  const [startText, endText] = command.arguments
  const all = command.options.flag('disableEventTimestamp')
  if (all ? startText !== undefined : startText === undefined || endText === undefined) {
    const missing = startText === undefined ? 'START and END are' : 'END is'
    const message = all
      ? 'Give either START and END or --disable-event-timestamp, not both.'
      : `${missing} missing; or give --disable-event-timestamp for all rows.`
    throw new FeatureStoreError('FTS1103', { message, notes: ['usage: feast materialize START END'] })
  }
  const window =
    startText === undefined || endText === undefined
      ? { disableEventTimestamp: true }
      : { start: readTime(startText, 'START'), end: readTime(endText, 'END') }
  const views = command.options.list('views')
  boundHeap(heapOfLoad)()
  const store = await command.store()
  const report = new MaterializeReport(command, store.config.onlineStore?.type ?? 'none', 'range')
  const summary = await store.materialize({
    ...window,
    ...(views.length > 0 && { views }),
    version: command.options.text('version'),
    onProgress: (progress) => report.progress(progress),
    signal: command.signal,
  })
  await report.finish(summary)
}
