import type { OnlineTable, TableChange } from '../../plugin/online-store.ts'

/** Names of the tables to drop, each once: never one that is kept, whatever the record of the infrastructure says. */
export function droppedNames(change: TableChange, nameOf: (table: OnlineTable) => string): readonly string[] {
  const kept = new Set(change.keep.map(nameOf))
  return [...new Set(change.drop.map(nameOf))].filter((name) => !kept.has(name))
}
