import type { JoinStrategy } from './point-in-time-plan.ts'

/** What the choice rests on. */
export interface JoinStatistics {
  readonly sourceRows: number
  readonly entityRows: number
  /** Estimated. */
  readonly rowsPerKey: number
  /** Estimated share of a key's rows that lie in the time window of an entity row, 0 to 1. */
  readonly windowShare: number
  /** Features of fixed width, and others (texts, lists …). */
  readonly fixedFeatures: number
  readonly wideFeatures: number
  /** Rows are hidden by their created time, for which a merge needs a running maximum and a second scan. */
  readonly filterByCreated: boolean
  /**
   * An aggregate gives the features back bit by bit. False where it compares records, or carries lists and structs: an
   * engine may then keep values in a sortable form, in which -0.0 is 0.0.
   */
  readonly carriesExactly: boolean
}

export interface StrategyChoice {
  readonly strategy: JoinStrategy
  /** More rows are joined than the source has, so that it is cheaper to compute their order before. */
  readonly orderedScan: boolean
  /** Estimated processor seconds of each strategy that could have been chosen. */
  readonly seconds: Readonly<Partial<Record<JoinStrategy, number>>>
}

/** Nanoseconds per row, measured with `npm run bench:offline` on one core of a 2020s server. */
const cost = {
  scan: 45,
  scanFeature: 12,
  probe: 90,
  pair: 12,
  aggregate: 50,
  aggregateCached: 25,
  carryFixed: 140,
  carryFixedCached: 15,
  carryWide: 400,
  gatherScan: 60,
  gatherRow: 250,
  sortSource: 260,
  sortFeature: 25,
  sortEntity: 700,
  runningMaximum: 400,
}

/** Groups up to this number stay in the processor's cache. */
const cachedGroups = 50_000

/** The cheapest strategy by estimate. */
export function chooseStrategy(statistics: JoinStatistics): StrategyChoice {
  const seconds = estimate(statistics)
  const ranked = (['carry', 'gather', 'asof'] as const).filter((strategy) => seconds[strategy] !== undefined)
  const strategy = ranked.reduce((best, next) => ((seconds[next] ?? 0) < (seconds[best] ?? 0) ? next : best))
  const joined = statistics.entityRows * statistics.rowsPerKey * statistics.windowShare
  return { strategy, orderedScan: joined > statistics.sourceRows, seconds }
}

function estimate(statistics: JoinStatistics): Partial<Record<JoinStrategy, number>> {
  const { sourceRows, entityRows, fixedFeatures, wideFeatures } = statistics
  const pairs = entityRows * statistics.rowsPerKey
  const matches = pairs * statistics.windowShare
  const cached = entityRows <= cachedGroups
  const features = fixedFeatures + wideFeatures
  const perMatch = cached ? cost.aggregateCached : cost.aggregate
  const perCarried = fixedFeatures * (cached ? cost.carryFixedCached : cost.carryFixed) + wideFeatures * cost.carryWide
  const probe = sourceRows * (cost.scan + (cached ? cost.probe / 3 : cost.probe)) + pairs * cost.pair
  const scanFeatures = sourceRows * features * cost.scanFeature
  const nanos = {
    ...(statistics.carriesExactly && { carry: probe + scanFeatures + matches * (perMatch + perCarried) }),
    gather: probe + matches * perMatch + sourceRows * cost.gatherScan + scanFeatures + entityRows * cost.gatherRow,
    asof:
      sourceRows * (cost.scan + cost.sortSource + features * cost.sortFeature) +
      scanFeatures +
      entityRows * cost.sortEntity +
      (statistics.filterByCreated ? sourceRows * (cost.runningMaximum + cost.gatherScan) : 0),
  }
  return Object.fromEntries(Object.entries(nanos).map(([name, value]) => [name, value / 1e9]))
}

/** The choice in words, with the numbers that it rests on. */
export function describeChoice(choice: StrategyChoice, statistics: JoinStatistics): string {
  const count = (value: number): string => Math.round(value).toLocaleString('en-US')
  const estimates = Object.entries(choice.seconds).map(([name, value]) => `${name} ${value.toFixed(2)} s`)
  return [
    `${count(statistics.sourceRows)} source rows at about ${count(Math.max(1, statistics.rowsPerKey))} per key`,
    `${count(statistics.entityRows)} entity rows`,
    `about ${Math.round(statistics.windowShare * 100)} % of a key's rows in the window`,
    `estimated ${estimates.join(', ')}`,
  ].join('; ')
}
