import type { Output } from './terminal.ts'

/** One line of a terminal that is written over and over. Nothing at all where the output is not a terminal. */
export class ProgressLine {
  readonly #output: Output
  #shownAt = 0

  constructor(output: Output) {
    this.#output = output
  }

  /** Ten times a second at most, so that a fast loop does not spend its time on the terminal. */
  show(text: string): void {
    if (!this.#output.isTTY || Date.now() - this.#shownAt < 100) return
    this.#shownAt = Date.now()
    // A terminal that does not know its size has 0 columns.
    const width = this.#output.columns || 80
    this.#output.write(`\r\x1b[K${text.slice(0, width - 1)}`)
  }

  clear(): void {
    if (this.#output.isTTY && this.#shownAt > 0) this.#output.write('\r\x1b[K')
    this.#shownAt = 0
  }
}
