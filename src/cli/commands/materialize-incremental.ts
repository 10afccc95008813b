import { boundHeap, heapOfLoad } from '../bounded-heap.ts'
import type { CommandContext } from '../command.ts'
import { MaterializeReport } from '../materialize-report.ts'
import { readTime } from '../read-time.ts'

export async function run(command: CommandContext): Promise<void> {
  const [endText = ''] = command.arguments
  const end = readTime(endText, 'END')
  const views = command.options.list('views')
  boundHeap(heapOfLoad)()
  const store = await command.store()
  const report = new MaterializeReport(command, store.config.onlineStore?.type ?? 'none', 'incremental')
  const summary = await store.materializeIncremental({
    end,
    ...(views.length > 0 && { views }),
    version: command.options.text('version'),
    onProgress: (progress) => report.progress(progress),
    signal: command.signal,
  })
  await report.finish(summary)
}
