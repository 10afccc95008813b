import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** The account that a server runs under when the tests run as root and the server refuses that. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

export interface ServerCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly folder: string
  readonly account?: Account | undefined
  /** Asked again and again until it is true. @param output what this start has printed so far. */
  isReady(output: string): boolean | Promise<boolean>
  /** What ends it in the regular way. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
}

const startDeadlineMs = 50_000
const keptOutput = 65_536

/** One server program, which can be stopped, killed and started again. */
export class ServerProcess {
  readonly #command: ServerCommand
  #child: ChildProcess | undefined
  #guard: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()
  #output = ''

  constructor(command: ServerCommand) {
    this.#command = command
  }

  static async start(command: ServerCommand): Promise<ServerProcess> {
    const server = new ServerProcess(command)
    await server.start()
    return server
  }

  /** The last that it printed on stdout and stderr. */
  get output(): string {
    return this.#output
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  async start(): Promise<void> {
    const { program, args, folder, account } = this.#command
    this.#output = ''
    const child = spawn(program, args, {
      cwd: folder,
      // A group of its own: what the server forks ends with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...account,
    })
    this.#child = child
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#output += String(error)
        resolve()
      })
      child.once('exit', () => resolve())
    })
    const collect = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-keptOutput)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    void this.#ended.then(() => {
      if (this.#child === child) this.#child = undefined
    })
    if (child.pid !== undefined) this.#guard = guardOf(child.pid)
    await this.#untilReady()
  }

  /** @param signal what ends it; SIGKILL goes to the whole group. */
  async stop(signal: NodeJS.Signals = this.#command.stopSignal ?? 'SIGTERM'): Promise<void> {
    const pid = this.#child?.pid
    if (pid !== undefined) signalGroup(signal === 'SIGKILL' ? -pid : pid, signal)
    await this.#ended
    this.#guard?.kill('SIGKILL')
    this.#guard = undefined
  }

  async kill(): Promise<void> {
    await this.stop('SIGKILL')
  }

  async restart(): Promise<void> {
    await this.stop()
    // A server whose children still hold its files or port after a crash refuses to start for a moment.
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.start()
      } catch (error) {
        if (attempt === 5) throw error
        await sleep(200 * attempt)
      }
    }
  }

  async #untilReady(): Promise<void> {
    const deadline = performance.now() + startDeadlineMs
    for (;;) {
      if (this.#child === undefined) throw this.#failed('ended while starting')
      if (await this.#command.isReady(this.#output)) return
      if (performance.now() > deadline) break
      await sleep(20)
    }
    await this.kill()
    throw this.#failed(`was not ready within ${startDeadlineMs / 1000} s`)
  }

  #failed(what: string): Error {
    const { program, args } = this.#command
    return new Error(`${program} ${args.join(' ')}\n${what}; it printed:\n${this.#output.slice(-4000)}`)
  }
}

/** Ends the group of a server when this process has gone, however it went: its end of the pipe closes then. */
function guardOf(pid: number): ChildProcess {
  const script = `read _; kill -9 -- -${pid}`
  const guard = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  guard.unref()
  return guard
}

function signalGroup(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal)
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
