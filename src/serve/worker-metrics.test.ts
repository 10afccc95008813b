import type { Worker } from 'node:cluster'
import { expect, it } from 'vitest'
import { Histogram } from './metrics/histogram.ts'
import { counter, gauge, histogram } from './metrics/published-metric.ts'
import { WorkerMetrics } from './worker-metrics.ts'

it('what workers had counted when they died is added up, however many there were, and what they measured is gone', async () => {
  const metrics = new WorkerMetrics(() => [])
  const took = new Histogram([1, 2])
  for (const seconds of [0.5, 1.5]) took.observe(seconds)
  for (let id = 1; id <= 40; id++) {
    const worker = { id } as Worker
    const counted = [
      counter('done_total', 'Things done', [[{ kind: id % 2 === 0 ? 'even' : 'odd' }, id]]),
      histogram('took', 'Seconds', [[{}, took]]),
      gauge('in_flight', 'Things at work', [[{}, 1]]),
    ]
    metrics.receive(worker, { kind: 'ownMetrics', id, metrics: counted })
    metrics.departed(worker)
    // Looked at in between, as by a scrape every few seconds.
    if (id % 7 === 0) await metrics.collect()
  }
  const { text } = await metrics.collect()
  expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
    'done_total{kind="odd"} 400',
    'done_total{kind="even"} 420',
    'took_bucket{le="1"} 40',
    'took_bucket{le="2"} 80',
    'took_bucket{le="+Inf"} 80',
    'took_sum 80',
    'took_count 80',
  ])
})
