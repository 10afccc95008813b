import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ServedAddresses } from '../../src/serve/announcement.ts'

const program = fileURLToPath(new URL('../../bin/feast.mjs', import.meta.url))

/** `feast …` as a process of its own, in a folder. */
export class FeastProcess implements AsyncDisposable {
  readonly child: ChildProcess
  /** What it wrote on stderr. */
  log = ''

  private constructor(child: ChildProcess) {
    this.child = child
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text
    })
  }

  static start(folder: string, ...argv: readonly string[]): FeastProcess {
    const env = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' }
    return new FeastProcess(spawn(process.execPath, [program, '-c', folder, ...argv], { env }))
  }

  /** A server, once it listens. @throws its log when it ends before. */
  static async serve(
    folder: string,
    ...argv: readonly string[]
  ): Promise<{ readonly server: FeastProcess; readonly addresses: ServedAddresses & { readonly http: string } }> {
    const server = FeastProcess.start(folder, 'serve', '--port', '0', '--json', ...argv)
    const { stdout } = server.child
    if (stdout === null) throw new Error('no output to read')
    const ended = once(server.child, 'exit').then(() => Promise.reject(new Error(server.log)))
    const [line] = await Promise.race([once(createInterface(stdout), 'line'), ended])
    ended.catch(() => {})
    return { server, addresses: JSON.parse(String(line)) }
  }

  /** Waits for its end; its exit code, or the signal that ended it. */
  async end(): Promise<number | string | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit')
    return this.child.exitCode ?? this.child.signalCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.end()
  }
}
