import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { Instant } from '../../base/instant.ts'
import { parseExactJson } from '../../types/exact-json.ts'
import type { FeatureRow } from '../../types/feature-value.ts'
import type { CommandContext } from '../command.ts'
import { renderData, renderTable } from '../output.ts'
import { readTime } from '../read-time.ts'
import { valueCell } from '../value-cell.ts'

/** Prints records, times as ISO text. */
export async function run(command: CommandContext): Promise<void> {
  const { options } = command
  const [start, end, data] = [options.text('startDate'), options.text('endDate'), options.text('dataframe')]
  const hasRange = start !== undefined || end !== undefined
  if ((data !== undefined) === hasRange) {
    throw new FeatureStoreError('FTS1103', {
      message: hasRange
        ? 'Give either --dataframe or --start-date and --end-date, not both.'
        : 'Neither entity rows nor a range are given.',
      notes: ['give rows with --dataframe, or a range with --start-date, --end-date or both'],
      field: '--dataframe',
    })
  }
  const store = await command.store()
  const features = options.list('features')
  const request =
    data === undefined
      ? {
          features,
          ...(start && { start: readTime(start, '--start-date') }),
          ...(end && { end: readTime(end, '--end-date') }),
        }
      : { features, entities: await entityRows(data, command.terminal.cwd) }
  const rows = (await store.getHistoricalFeatures(request).toRows()).map(times)
  const { output = 'json' } = command.globals
  if (output !== 'table') command.print(await renderData(rows, output))
  else {
    const columns = Object.keys(rows[0] ?? {}).map(
      (name) => [name, (row: FeatureRow) => (row[name] == null ? '' : valueCell(row[name]))] as const,
    )
    command.print(renderTable(rows, columns, command.terminal.stdout))
  }
}

const times = (row: FeatureRow): FeatureRow =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Instant ? value.toString() : value]),
  )

async function entityRows(given: string, cwd: string): Promise<readonly FeatureRow[]> {
  const text = given.startsWith('@') ? await readRows(resolve(cwd, given.slice(1))) : given
  try {
    const rows: unknown = parseExactJson(text)
    if (!Array.isArray(rows)) throw new TypeError('not an array')
    return rows as readonly FeatureRow[]
  } catch (cause) {
    throw new FeatureStoreError('FTS1103', {
      message: `--dataframe is not a JSON array of rows: ${cause instanceof Error ? cause.message : String(cause)}.`,
      notes: ['such as: [{"driver_id": 1001, "event_timestamp": "2026-01-01T00:00:00Z"}]'],
      field: '--dataframe',
    })
  }
}

async function readRows(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new FeatureStoreError('FTS1103', {
      message: `The entity rows ${path} cannot be read${cause instanceof Error && 'code' in cause ? ` (${cause.code})` : ''}.`,
      notes: ['give the path of a file with a JSON array of rows after @'],
      field: '--dataframe',
      cause,
    })
  }
}
