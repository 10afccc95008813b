import { errorCatalogue, errorEntry } from '../../base/errors/catalogue.ts'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { suggestion } from '../../base/suggest.ts'
import type { CommandContext } from '../command.ts'
import { renderData, renderTable } from '../output.ts'
import { wrap } from '../render-error.ts'
import { paint } from '../terminal.ts'

export async function run(command: CommandContext): Promise<void> {
  const [typed] = command.arguments
  const { output = 'table' } = command.globals
  if (typed === undefined) {
    const rows = Object.entries(errorCatalogue).map(([code, { title }]) => ({ code, title }))
    const table = [
      ['CODE', (row: { code: string }) => row.code],
      ['MEANING', (row: { title: string }) => row.title],
    ] as const
    command.print(
      output === 'table' ? renderTable(rows, table, command.terminal.stdout) : await renderData(rows, output),
    )
    return
  }
  const code = /^\d{4}$/.test(typed) ? `FTS${typed}` : typed.toUpperCase()
  const entry = errorEntry(code)
  if (entry === undefined) {
    throw new FeatureStoreError('FTS1106', {
      message: `There is no error code "${typed}".${suggestion(code, Object.keys(errorCatalogue))}`,
      notes: ['all codes: feast explain'],
    })
  }
  if (output !== 'table') {
    command.print(await renderData({ code, ...entry }, output))
    return
  }
  const heading = (text: string): string => paint(command.terminal.stdout, 'bold', text)
  command.print(`${heading(`${code}  ${entry.title}`)}\n`)
  command.print(`${heading('Why:')}         ${wrap(entry.cause, 100, ' '.repeat(13))}`)
  command.print(`${heading('What to do:')}  ${wrap(entry.fix, 100, ' '.repeat(13))}`)
  command.print(`${heading('Servers:')}     HTTP ${entry.http}, gRPC ${entry.grpc}`)
  if (entry.retryable) command.print(`${heading('Retry:')}       the same call may succeed later`)
}
