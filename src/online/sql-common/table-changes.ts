import type { OnlineTable } from '../../plugin/online-store.ts'
import { tableName } from './identifiers.ts'

export interface TableChange {
  readonly keep: readonly OnlineTable[]
  readonly drop: readonly OnlineTable[]
}

/** Names of the tables to drop: never one that is kept, whatever the record of the infrastructure says. */
export function droppedNames(change: TableChange): readonly string[] {
  const kept = new Set(change.keep.map(tableName))
  return [...new Set(change.drop.map(tableName))].filter((name) => !kept.has(name))
}
