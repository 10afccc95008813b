import { describe, expect, it } from 'vitest'
import { chooseStrategy, describeChoice, type JoinStatistics } from './choose-strategy.ts'

const statistics = (changes: Partial<JoinStatistics>): JoinStatistics => ({
  sourceRows: 10_000_000,
  entityRows: 1_000_000,
  rowsPerKey: 10,
  windowShare: 0.33,
  fixedFeatures: 3,
  wideFeatures: 0,
  filterByCreated: false,
  carriesExactly: true,
  ...changes,
})

describe('choice of the join strategy', () => {
  it('carries the features along when few entity rows meet a large source', () => {
    expect(chooseStrategy(statistics({ entityRows: 1000 })).strategy).toBe('carry')
  })

  it('never carries features through an aggregate that changes them', () => {
    const few = statistics({ entityRows: 1000, carriesExactly: false })
    expect(chooseStrategy(few).strategy).not.toBe('carry')
    expect(chooseStrategy(few).seconds.carry).toBeUndefined()
  })

  it('fetches the features of the winners when carrying them through the aggregate costs more', () => {
    expect(chooseStrategy(statistics({ fixedFeatures: 12, wideFeatures: 4 })).strategy).toBe('gather')
  })

  it('merges by time when each entity row would meet very many rows of its key', () => {
    expect(chooseStrategy(statistics({ rowsPerKey: 10_000 })).strategy).toBe('asof')
  })

  it('merges later when created times hide rows, which a merge needs a running maximum for', () => {
    const deep = { rowsPerKey: 80, windowShare: 0.5 }
    expect(chooseStrategy(statistics(deep)).strategy).toBe('asof')
    expect(chooseStrategy(statistics({ ...deep, filterByCreated: true })).strategy).toBe('gather')
    expect(chooseStrategy(statistics({ rowsPerKey: 10_000, filterByCreated: true })).strategy).toBe('asof')
  })

  it('orders rows before the join when the join multiplies them', () => {
    expect(chooseStrategy(statistics({})).orderedScan).toBe(false)
    expect(chooseStrategy(statistics({ rowsPerKey: 1000 })).orderedScan).toBe(true)
  })

  it('says the numbers that it rests on', () => {
    const known = statistics({})
    expect(describeChoice(chooseStrategy(known), known)).toMatch(
      /^10,000,000 source rows at about 10 per key; 1,000,000 entity rows; about 33 % of a key's rows in the window; estimated carry [\d.]+ s, gather [\d.]+ s, asof [\d.]+ s$/,
    )
  })
})
