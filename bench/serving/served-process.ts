import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Clock ticks of a second in `/proc/PID/stat` on Linux. */
const ticksPerSecond = 100

/** A server in a process of its own, with what it costs. */
export class ServedProcess {
  readonly #child: ChildProcess
  readonly firstAnswerMs: number

  private constructor(child: ChildProcess, firstAnswerMs: number) {
    this.#child = child
    this.firstAnswerMs = firstAnswerMs
  }

  /** Starts the command and waits until `answers` does not throw. @throws what the server printed when it ends early. */
  static async start(
    command: readonly string[],
    options: { readonly cwd: string; readonly answers: () => Promise<unknown> },
  ): Promise<ServedProcess> {
    const [program = '', ...args] = command
    const started = performance.now()
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, FEAST_USAGE: 'False', PYTHONWARNINGS: 'ignore', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-4000)
      })
    }
    for (;;) {
      if (child.exitCode !== null) throw new Error(`${command.join(' ')} ended with ${child.exitCode}:\n${output}`)
      try {
        await options.answers()
        return new ServedProcess(child, performance.now() - started)
      } catch {
        if (performance.now() - started > 120_000) {
          child.kill('SIGKILL')
          throw new Error(`${command.join(' ')} does not answer:\n${output}`)
        }
        await sleep(2)
      }
    }
  }

  /** User and system time of the process and of all that it started, in seconds. */
  cpuSeconds(): number {
    return this.#family().reduce((sum, pid) => sum + ticksOf(pid) / ticksPerSecond, 0)
  }

  /** The same of the process, or the one that it started, that took most since it began. */
  busiestCpuSeconds(): number {
    return Math.max(...this.#family().map((pid) => ticksOf(pid) / ticksPerSecond))
  }

  /** Resident memory of the process and of all that it started, in MB. */
  residentMb(): number {
    return this.#family().reduce((sum, pid) => sum + residentKb(pid) / 1024, 0)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = new Promise((resolve) => this.#child.on('close', resolve))
    this.#child.kill('SIGTERM')
    await Promise.race([ended, sleep(10_000)])
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL')
  }

  #family(): number[] {
    const parents = new Map(processes().map((pid) => [pid, parentOf(pid)]))
    const found = [this.#child.pid ?? -1]
    for (const parent of found) for (const [pid, of] of parents) if (of === parent) found.push(pid)
    return found
  }
}

const processes = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** The fields of `/proc/PID/stat` after the name, which may hold blanks. */
function statOf(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

const parentOf = (pid: number): number => Number(statOf(pid)[1] ?? -1)

/** User and system time of a process, and of those that it started and that have ended. */
function ticksOf(pid: number): number {
  const stat = statOf(pid)
  return [11, 12, 13, 14].reduce((sum, field) => sum + Number(stat[field] ?? 0), 0)
}

function residentKb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
