import { isatty } from 'node:tty'
import type { DestinationStream } from 'pino'
import type { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { Logger } from '../base/logger.ts'
import type { AccessEntry, AccessLog } from './http/observe-requests.ts'

/** The log of a server: one JSON object a line, or a short form for people at a terminal. */
export interface ServerLog {
  readonly logger: Logger
  readonly access: AccessLog
  /** Writes out what is still in memory. */
  close(): void
}

/** How many bytes of lines are gathered before they are written, and for how long at most. */
const gatheredBytes = 8192
const gatheredMillis = 200

/** Feast's words for levels, and pino's. */
const pinoLevels: Readonly<Record<string, string>> = { warning: 'warn', critical: 'fatal' }

/** The log of this process on stderr. `level` is a word of Feast's, such as `warning`; it does not concern the access log. */
export async function serverLog(level: string): Promise<ServerLog> {
  const { pino } = await import('pino')
  const atTerminal = isatty(2)
  const file = pino.destination({ dest: 2, sync: atTerminal, minLength: atTerminal ? 0 : gatheredBytes })
  const flushing = setInterval(() => file.flush(), gatheredMillis)
  flushing.unref()
  const name = level.toLowerCase()
  const lines = pino(
    {
      level: pinoLevels[name] ?? name,
      base: { pid: process.pid },
      formatters: { level: (label) => ({ level: label }) },
    },
    atTerminal ? forPeople(file) : file,
  )
  const log =
    (method: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      lines[method](withoutBigints(fields), message)
  return {
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    access: atTerminal ? (entry) => file.write(shortLine(entry)) : (entry) => file.write(accessLine(entry)),
    close: () => {
      clearInterval(flushing)
      file.flushSync()
    },
  }
}

const pidField = `,"pid":${process.pid},"msg":"request","request_id":`

/** As pino would write it, in a third of its time. */
export function accessLine({ requestId, method, path, status, millis, traceId, fault }: AccessEntry): string {
  const trace = traceId === undefined ? '' : `,"trace_id":"${traceId}"`
  const request = `${JSON.stringify(requestId)},"method":"${method}","path":${JSON.stringify(path)}`
  const reason = fault === undefined ? '' : reasonFields(fault, status)
  return `{"level":"info","time":${Date.now()}${pidField}${request},"status":${status},"ms":${millis.toFixed(3)}${trace}${reason}}\n`
}

/** Its code; what it says only where the server is at fault, since else it may hold values that a client has sent. */
const reasonFields = ({ code, message }: FeatureStoreError, status: number): string =>
  status < 500 ? `,"code":"${code}"` : `,"code":"${code}","error":${JSON.stringify(message)}`

function shortLine({ method, path, status, millis, fault }: AccessEntry): string {
  // A path comes from the client and may hold anything but control characters, which would steer the terminal.
  const reason = fault === undefined ? '' : ` ${fault.code}`
  return `${clock()} ${method} ${JSON.stringify(path).slice(1, -1)} ${status} ${millis.toFixed(2)} ms${reason}\n`
}

const clock = (): string => new Date().toISOString().slice(11, 19)

function forPeople(file: DestinationStream): DestinationStream {
  return {
    write: (line) => {
      const { level, msg, time: _time, pid: _pid, ...fields } = JSON.parse(line) as Record<string, unknown>
      const rest = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`
      file.write(`${clock()} ${level} ${msg}${rest}\n`)
    },
  }
}

function withoutBigints(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]),
  )
}
