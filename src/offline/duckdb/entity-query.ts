import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { batchSourceOf, type DataSource } from '../../model/data-source.ts'
import { duckdbDialect } from '../../sql/duckdb-dialect.ts'
import type { Session } from './duckdb-driver.ts'
import { openSourceTable } from './source-table.ts'

/**
 * Checks a query over the project's sources, each a view with the name of the source and the columns that it has there,
 * and gives its text without a closing semicolon, with the statements that made the views.
 *
 * @throws FTS4011 when it is not one SELECT, or cannot be run.
 */
export async function entityQueryText(
  session: Session,
  query: string,
  sources: readonly DataSource[],
  repoPath: string,
): Promise<{ readonly text: string; readonly views: readonly string[] }> {
  const text = query.trim().replace(/;\s*$/, '')
  const views = await createSourceViews(session, text, sources, repoPath)
  try {
    const statements = await session.connection.extractStatements(text)
    if (statements.count !== 1) throw refused(`it has ${statements.count} statements`)
    const statement = await statements.prepare(0)
    const isSelect = statement.statementType === session.api.StatementType.SELECT
    statement.destroySync()
    if (!isSelect) throw refused('it is not a SELECT')
    return { text, views }
  } catch (error) {
    if (error instanceof FeatureStoreError || !(error instanceof Error)) throw error
    throw refused(error.message.split('\n', 1)[0] ?? '', sources, error)
  }
}

function refused(why: string, sources: readonly DataSource[] = [], cause?: unknown): FeatureStoreError {
  const names = sources.map(({ name }) => name).join(', ')
  return new FeatureStoreError('FTS4011', {
    message: `The query for the entity rows was refused: ${why}`,
    notes: names === '' ? [] : [`the sources are ${names}`],
    cause,
  })
}

/** Only of the sources that the text mentions: another one may be of a store that cannot be read here. */
async function createSourceViews(
  session: Session,
  text: string,
  sources: readonly DataSource[],
  repoPath: string,
): Promise<readonly string[]> {
  const statements: string[] = []
  for (const source of sources) {
    if (!text.toLowerCase().includes(source.name.toLowerCase()) || batchSourceOf(source)?.kind !== 'file') continue
    const { columns, relation } = await openSourceTable(session, source, repoPath)
    const names = columns.map(({ column }) => duckdbDialect.identifier(column)).join(', ')
    const view = duckdbDialect.identifier(source.name)
    const statement = `CREATE TEMP VIEW ${view} AS SELECT ${names} FROM ${relation}`
    await session.run(statement)
    statements.push(statement)
  }
  return statements
}
