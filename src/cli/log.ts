import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Logger } from '../base/logger.ts'
import { suggestion } from '../base/suggest.ts'
import { type Output, paint } from './terminal.ts'

/** Feast's words for levels, from the most talkative. */
const levels = ['debug', 'info', 'warning', 'error', 'critical'] as const

/** A logger that writes lines to a terminal. @throws FTS1104 when there is no such level. */
export function terminalLogger(level: string, output: Output): Logger {
  const threshold = (levels as readonly string[]).indexOf(level.toLowerCase())
  if (threshold === -1) {
    throw new FeatureStoreError('FTS1104', {
      message: `There is no log level "${level}".${suggestion(level, levels)}`,
      notes: [`levels: ${levels.join(', ')}`],
    })
  }
  const line =
    (name: (typeof levels)[number], style: 'dim' | 'yellow' | 'red') =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      if (levels.indexOf(name) < threshold) return
      const extra =
        fields === undefined
          ? ''
          : ` ${JSON.stringify(fields, (_key, value) => (typeof value === 'bigint' ? String(value) : value))}`
      output.write(`${paint(output, style, `${name}:`)} ${message}${extra}\n`)
    }
  return {
    debug: line('debug', 'dim'),
    info: line('info', 'dim'),
    warn: line('warning', 'yellow'),
    error: line('error', 'red'),
  }
}
