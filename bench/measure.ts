import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What one run of a command cost, its children included. */
export interface Cost {
  readonly wallSeconds: number
  /** User and system time of the process and of all children that it waited for. */
  readonly cpuSeconds: number
  /** Largest resident set of the process itself, in MB, sampled every 10 ms from `VmHWM`; 0 where there is no /proc. */
  readonly peakMb: number
  readonly output: string
}

/**
 * Runs a command to its end and measures it from outside.
 * @throws when it fails: a benchmark of a failing command means nothing.
 */
export async function measure(
  command: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'measure-'))
  const times = join(folder, 'times')
  try {
    // `exec` in a subshell keeps the pid of the command; bash's own `times` counts what it waited for.
    const script = `"$@" & child=$!; echo "$child" > "${times}.pid"; wait "$child"; status=$?; times > "${times}"; exit "$status"`
    const started = performance.now()
    const child = spawn('bash', ['-c', script, 'bash', ...command], {
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    let peakMb = 0
    const sampling = setInterval(() => {
      peakMb = Math.max(peakMb, residentPeakMb(`${times}.pid`))
    }, 10)
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
    clearInterval(sampling)
    const wallSeconds = (performance.now() - started) / 1000
    if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}:\n${output}\n${errors}`)
    return { wallSeconds, cpuSeconds: childSeconds(readFileSync(times, 'utf8')), peakMb, output }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The second line of bash's `times`: user and system time of waited-for children, as `0m1.234s 0m0.100s`. */
function childSeconds(times: string): number {
  const line = times.trim().split('\n')[1] ?? ''
  return line.split(' ').reduce((sum, part) => {
    const [minutes = '0', seconds = '0'] = part.replace('s', '').split('m')
    return sum + Number(minutes) * 60 + Number(seconds)
  }, 0)
}

function residentPeakMb(pidFile: string): number {
  try {
    const pid = readFileSync(pidFile, 'utf8').trim()
    const line = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(line?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** The middle value; of an even number, the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
}
