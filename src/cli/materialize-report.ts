import type { Instant } from '../base/instant.ts'
import type { MaterializeProgress, MaterializeSummary } from '../store/materialize.ts'
import type { CommandContext } from './command.ts'
import { renderData } from './output.ts'
import { ProgressLine } from './progress-line.ts'
import { paint } from './terminal.ts'

/** Tells what a materialization does: Feast's sentences on stdout, a moving line on stderr when that is a terminal. */
export class MaterializeReport {
  readonly #command: CommandContext
  readonly #storeType: string
  readonly #kind: 'range' | 'incremental'
  readonly #line: ProgressLine
  readonly #quiet: boolean
  #latest: MaterializeProgress | undefined

  constructor(command: CommandContext, storeType: string, kind: 'range' | 'incremental') {
    this.#command = command
    this.#storeType = storeType
    this.#kind = kind
    this.#line = new ProgressLine(command.terminal.stderr)
    this.#quiet = (command.globals.output ?? 'table') !== 'table'
  }

  progress(progress: MaterializeProgress): void {
    if (this.#quiet) return
    if (this.#latest === undefined) this.#header(progress)
    else if (this.#latest.view !== progress.view) this.#viewDone(this.#latest)
    this.#latest = progress
    const { view, viewNumber, viewCount, rowsDone } = progress
    this.#line.show(`[${viewNumber}/${viewCount}] ${view}: ${keys(rowsDone)}`)
  }

  async finish(summary: MaterializeSummary): Promise<void> {
    this.#line.clear()
    if (this.#quiet) {
      const format = this.#command.globals.output === 'yaml' ? 'yaml' : 'json'
      this.#command.print(await renderData(summary, format))
      return
    }
    if (this.#latest !== undefined) this.#viewDone(this.#latest)
    else this.#command.print('No feature views to materialize.')
    for (const { view, nullKeys } of summary.views) {
      if (nullKeys > 0) this.#command.note(`${view}: ${count(nullKeys)} rows without a key were left out`)
    }
    if (this.#command.options.flag('verbose')) await this.#details(summary)
  }

  #header({ viewCount, start, end }: MaterializeProgress): void {
    const { stdout } = this.#command.terminal
    const bold = (text: string): string => paint(stdout, ['bold', 'green'], text)
    const from = this.#kind === 'range' ? `from ${bold(time(start))} ` : ''
    // Feast has no singular, and its words are grepped.
    this.#command.print(
      `Materializing ${bold(String(viewCount))} feature views ${from}to ${bold(time(end))} into the ${bold(this.#storeType)} online store.\n`,
    )
  }

  #viewDone({ view, start, end, rowsDone }: MaterializeProgress): void {
    this.#line.clear()
    const { stdout } = this.#command.terminal
    const name = paint(stdout, ['bold', 'green'], view)
    // An incremental run begins where the last one ended, also when that is later than the end of this one.
    const isBehind = start.compare(end) > 0
    const window = `from ${time(start)} to ${time(end)}: ${keys(rowsDone)}`
    this.#command.print(`${name} ${isBehind ? `is materialized up to ${time(start)} already` : window}`)
  }

  async #details(summary: MaterializeSummary): Promise<void> {
    this.#command.print('')
    this.#command.print(await renderData(summary.views, 'yaml'))
  }
}

/** As Feast prints times: whole seconds and an offset. */
const time = (instant: Instant): string =>
  instant
    .toString()
    .replace('T', ' ')
    .replace(/(\.\d+)?Z$/, '+00:00')

const keys = (rows: number): string => `${count(rows)} ${rows === 1 ? 'key' : 'keys'}`

const count = (rows: number): string => rows.toLocaleString('en-US').replaceAll(',', ' ')
