import type { MetricObjectWithValues, MetricValue } from 'prom-client'
import type { Histogram } from './histogram.ts'

/** A metric as prom-client exchanges it between processes. */
export type PublishedMetric = MetricObjectWithValues<MetricValue<string>>

type Labels = Readonly<Record<string, string | number>>

export type LabelledValue = readonly [labels: Labels, value: number]

/** Numbers of the library's metric kinds. */
const kinds = { counter: 'counter', gauge: 'gauge', histogram: 'histogram' } as const

function metric(
  name: string,
  help: string,
  type: keyof typeof kinds,
  aggregator: 'sum' | 'max',
  values: readonly object[],
): PublishedMetric {
  return { name, help, type: kinds[type], aggregator, values } as unknown as PublishedMetric
}

/** A count that only grows. */
export function counter(name: string, help: string, values: readonly LabelledValue[]): PublishedMetric {
  return metric(
    name,
    help,
    'counter',
    'sum',
    values.map(([labels, value]) => ({ labels, value })),
  )
}

/** A number of this moment; of several processes the sum or the largest. */
export function gauge(
  name: string,
  help: string,
  values: readonly LabelledValue[],
  aggregator: 'sum' | 'max' = 'sum',
): PublishedMetric {
  return metric(
    name,
    help,
    'gauge',
    aggregator,
    values.map(([labels, value]) => ({ labels, value })),
  )
}

/** Counts by bucket, in Prometheus' growing form. */
export function histogram(
  name: string,
  help: string,
  values: readonly (readonly [labels: Labels, histogram: Histogram])[],
): PublishedMetric {
  const lines = values.flatMap(([labels, { bounds, counts, sum }]) => {
    let below = 0
    const buckets = [...bounds, '+Inf'].map((le, bucket) => {
      below += counts[bucket] ?? 0
      return { labels: { le, ...labels }, value: below, metricName: `${name}_bucket` }
    })
    return [
      ...buckets,
      { labels, value: sum, metricName: `${name}_sum` },
      { labels, value: below, metricName: `${name}_count` },
    ]
  })
  return metric(name, help, 'histogram', 'sum', lines)
}
