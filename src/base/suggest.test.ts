import fc from 'fast-check'
import { expect, test } from 'vitest'
import { didYouMean, suggestion } from './suggest.ts'

const names = ['conv_rate', 'acc_rate', 'avg_daily_trips', 'driver_hourly_stats', 'event_timestamp', 'created']

test('a name with one edit is recognised', () => {
  const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz_')
  const edited = fc.tuple(
    fc.constantFrom(...names),
    fc.nat(),
    letter,
    fc.constantFrom('drop', 'add', 'replace', 'swap'),
  )
  fc.assert(
    fc.property(edited, ([name, place, by, edit]) => {
      const at = place % (name.length - 1)
      const typed = {
        drop: name.slice(0, at) + name.slice(at + 1),
        add: name.slice(0, at) + by + name.slice(at),
        replace: name.slice(0, at) + by + name.slice(at + 1),
        swap: name.slice(0, at) + name.charAt(at + 1) + name.charAt(at) + name.slice(at + 2),
      }[edit]
      expect(didYouMean(typed, names)).toBe(name)
    }),
  )
})

test('a name of which only letters are left out is recognised', () => {
  expect(didYouMean('drvr', ['customer', 'driver'])).toBe('driver')
  expect(didYouMean('cnvrt', names)).toBeUndefined()
  expect(didYouMean('cnv_rte', names)).toBe('conv_rate')
  expect(didYouMean('dr', ['dry', 'driver'])).toBe('dry')
})

test('of several names the one with the fewest edits is meant', () => {
  const views = ['driver_hourly_stats_fresh', 'driver_hourly_stats']
  expect(didYouMean('driver_hourly_stat', views)).toBe('driver_hourly_stats')
  expect(didYouMean('driver_hourly_stat', views.toReversed())).toBe('driver_hourly_stats')
})

test('something else entirely gets no suggestion', () => {
  expect(didYouMean('weather', names)).toBeUndefined()
  expect(suggestion('weather', names)).toBe('')
  expect(suggestion('conv_rat', names)).toBe(' Did you mean "conv_rate"?')
})
