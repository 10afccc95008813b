import { describe, expect, test } from 'vitest'
import { Histogram, latencyBounds } from './histogram.ts'
import { metricsText } from './publish.ts'
import { counter, gauge, histogram } from './published-metric.ts'

describe('a histogram', () => {
  test('counts an observation in the first bucket whose bound is not below it', () => {
    const seconds = new Histogram([1, 2, 5])
    for (const each of [0, 1, 1.5, 2, 5.1]) seconds.observe(each)
    seconds.observe(3, 4)
    expect([...seconds.counts]).toEqual([2, 2, 4, 1])
    expect(seconds.count).toBe(9)
    expect(seconds.sum).toBeCloseTo(21.6, 12)
  })

  test('has bounds that grow', () => {
    expect([...latencyBounds]).toEqual([...latencyBounds].sort((a, b) => a - b))
  })
})

describe('metrics as text', () => {
  const seconds = new Histogram([1, 2])
  for (const each of [0.5, 1.5, 9]) seconds.observe(each)
  const own = [
    counter('done_total', 'Things done', [[{ kind: 'a"b' }, 3]]),
    gauge('age', 'Age', [[{}, 2.5]], 'max'),
    histogram('took', 'Seconds', [[{ kind: 'a' }, seconds]]),
  ]

  test('are those of one process as they are', async () => {
    const { text, contentType } = await metricsText([own])
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(text.trim().split(/\n+/)).toEqual([
      '# HELP done_total Things done',
      '# TYPE done_total counter',
      'done_total{kind="a\\"b"} 3',
      '# HELP age Age',
      '# TYPE age gauge',
      'age 2.5',
      '# HELP took Seconds',
      '# TYPE took histogram',
      'took_bucket{le="1",kind="a"} 1',
      'took_bucket{le="2",kind="a"} 2',
      'took_bucket{le="+Inf",kind="a"} 3',
      'took_sum{kind="a"} 11',
      'took_count{kind="a"} 3',
    ])
  })

  test('of several processes are added up, but of ages the largest is taken', async () => {
    const other = [
      counter('done_total', 'Things done', [[{ kind: 'a"b' }, 4]]),
      gauge('age', 'Age', [[{}, 7]], 'max'),
      histogram('took', 'Seconds', [[{ kind: 'a' }, seconds]]),
    ]
    const { text } = await metricsText([own, other, []])
    expect(text).toContain('done_total{kind="a\\"b"} 7\n')
    expect(text).toContain('\nage 7\n')
    expect(text).toContain('took_count{kind="a"} 6\n')
  })
})
