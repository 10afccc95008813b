import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LoadOutcome } from './load.ts'
import type { ServedProcess } from './served-process.ts'

const run = promisify(execFile)
const script = fileURLToPath(new URL('../grpc-load.ts', import.meta.url))

/**
 * As many calls as the server answers, 8 at a time, for some seconds, each of `rows` entities; one call for 0 seconds.
 * @throws when any call failed.
 */
export async function grpcFullLoad(
  server: ServedProcess | undefined,
  port: number,
  rows: number,
  seconds: number,
): Promise<LoadOutcome> {
  const before = server?.cpuSeconds() ?? 0
  const { stdout } = await run(process.execPath, [script, String(port), String(rows), String(seconds)])
  const cpu = (server?.cpuSeconds() ?? 0) - before
  const outcome = JSON.parse(stdout) as Omit<LoadOutcome, 'cpuMsPerRequest'>
  return { ...outcome, cpuMsPerRequest: (cpu * 1000) / outcome.requests }
}
