import { execFile } from 'node:child_process'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ServedProcess } from './served-process.ts'

const run = promisify(execFile)
const script = fileURLToPath(new URL('./post.lua', import.meta.url))

export interface LoadOutcome {
  readonly requestsPerSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** User and system time of the server, milliseconds. */
  readonly cpuMsPerRequest: number
  readonly requests: number
}

/**
 * As many requests as the server answers, from 8 connections of `wrk`, for some seconds, each of `rows` entities.
 * @throws when any answer was not 200.
 */
export async function fullLoad(
  server: ServedProcess,
  port: number,
  rows: number,
  seconds: number,
): Promise<LoadOutcome> {
  const url = `http://127.0.0.1:${port}/get-online-features`
  const args = ['-t1', '-c8', `-d${seconds}s`, '--latency', '-s', script, url]
  const before = server.cpuSeconds()
  const { stdout } = await run('wrk', args, { env: { ...process.env, ROWS: String(rows) } })
  const cpu = server.cpuSeconds() - before
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk at port ${port}:\n${stdout}`)
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0)
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0),
    p50: milliseconds(stdout, '50%'),
    p99: milliseconds(stdout, '99%'),
    cpuMsPerRequest: (cpu * 1000) / requests,
    requests,
  }
}

const grpcLoad = fileURLToPath(new URL('../grpc-load.ts', import.meta.url))

/** The same over gRPC, from 8 calls open at a time. */
export async function grpcFullLoad(
  server: ServedProcess,
  port: number,
  rows: number,
  seconds: number,
): Promise<LoadOutcome> {
  const before = server.cpuSeconds()
  const { stdout } = await run(process.execPath, [grpcLoad, String(port), String(rows), String(seconds)])
  const cpu = server.cpuSeconds() - before
  const outcome = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Omit<LoadOutcome, 'cpuMsPerRequest'>
  return { ...outcome, cpuMsPerRequest: (cpu * 1000) / outcome.requests }
}

/** @throws while nothing listens on the port. */
export function reachable(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
  })
}

const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 }

function milliseconds(output: string, percentile: string): number {
  const found = new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s|m)`).exec(output)
  return Number(found?.[1] ?? Number.NaN) * (units[found?.[2] ?? 'ms'] ?? 1)
}

/** Requests at a fixed rate whatever the answers take: latency is counted from when a request was due. */
export async function offeredLoad(
  port: number,
  rows: number,
  perSecond: number,
  seconds: number,
): Promise<{ readonly p50: number; readonly p99: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const latencies: number[] = []
  const started = performance.now()
  const pending: Promise<void>[] = []
  for (let sent = 0; sent < perSecond * seconds; sent++) {
    const due = started + (sent * 1000) / perSecond
    const wait = due - performance.now()
    if (wait > 0) await sleep(wait)
    const ids = Array.from({ length: rows }, (_, index) => (sent * 7919 + index * 104_729) % 10_000)
    pending.push(
      post(agent, port, ids).then(() => {
        latencies.push(performance.now() - due)
      }),
    )
  }
  await Promise.all(pending)
  agent.destroy()
  const sorted = latencies.sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { p50: at(0.5), p99: at(0.99) }
}

function post(agent: Agent, port: number, ids: readonly number[]): Promise<void> {
  const body = `{"feature_service":"svc50","entities":{"user_id":[${ids.join(',')}]}}`
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = request(
      { agent, host: '127.0.0.1', port, path: '/get-online-features', method: 'POST', headers },
      (answer) => {
        answer.resume()
        answer.on('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(`HTTP ${answer.statusCode}`))))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

/** One answer of a server, for readiness and to compare. @throws when it is not 200. */
export async function ask(port: number, ids: readonly number[]): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${port}/get-online-features`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ feature_service: 'svc50', entities: { user_id: ids } }),
  })
  if (!answer.ok) throw new Error(`HTTP ${answer.status}: ${await answer.text()}`)
  return answer.json()
}
