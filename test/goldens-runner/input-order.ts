import { Instant } from '../../src/base/instant.ts'
import { rowsFromBatch } from '../../src/types/arrow.ts'
import type { StepRequest } from './case-file.ts'
import { readFrame } from './case-frames.ts'
import type { RunningCase } from './case-steps.ts'
import type { Actual, Mismatch } from './judge-step.ts'
import { canonical } from './outcome.ts'

/**
 * Feast promises no order of rows, and the goldens ask for none. We promise that historical features come out row by
 * row as the entity rows came in, so this is judged beside them.
 */
export async function judgeInputOrder(
  { folder, goldenCase }: RunningCase,
  request: StepRequest,
  actual: Actual,
): Promise<Mismatch | undefined> {
  if (request.op !== 'historical' || typeof request.entity_df !== 'string' || actual.kind !== 'table') return undefined
  const entities = rowsFromBatch(await readFrame(folder, goldenCase, request.entity_df))
  const { columns, rows } = actual.table
  const shared = columns.flatMap(({ name }, index) => (name in (entities[0] ?? {}) ? [{ name, index }] : []))
  const given = rows.map((row) => canonical(shared.map(({ index }) => row[index])))
  const wanted = entities.map((row) =>
    canonical(
      shared.map(({ name, index }) =>
        comparable(
          row[name],
          rows.some((other) => other[index] instanceof Instant),
        ),
      ),
    ),
  )
  const at = wanted.findIndex((row, index) => row !== given[index])
  if (at === -1 && wanted.length === given.length) return undefined
  return [`row ${at} as it came in: ${wanted[at] ?? 'none'}`, `row ${at}: ${given[at] ?? 'none'} (of ${given.length})`]
}

/** Times that came in as text come out as times. */
function comparable(value: unknown, isTime: boolean): unknown {
  return isTime && typeof value === 'string' ? (Instant.parse(value) ?? value) : value
}
