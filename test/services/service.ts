import { removeFolder } from './folder.ts'
import type { ServerProcess } from './server-process.ts'

/** A real server that a test started, on loopback and in a temporary folder of its own. */
export interface Service extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Ends it in the regular way and waits until it has ended. Its data stays for {@link restart}. */
  stop(): Promise<void>
  /** Ends it as a crash does, with all its child processes. */
  kill(): Promise<void>
  /** Starts it again, on the same port and data, stopping it first when it runs. Waits until it is ready. */
  restart(): Promise<void>
}

/** A server that speaks SQL. */
export interface SqlService extends Service {
  readonly user: string
  readonly password: string
  readonly database: string
  /** The block `online_store` for this server. */
  readonly onlineStore: Readonly<Record<string, unknown>> & { readonly type: string }
  /** Runs a statement and returns its rows. */
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>
}

/** A process and its folder as a service; the folder goes with it. */
export function serviceOf(server: ServerProcess, folder: string, port: number): Service {
  return {
    host: '127.0.0.1',
    port,
    stop: () => server.stop(),
    kill: () => server.kill(),
    restart: () => server.restart(),
    async [Symbol.asyncDispose]() {
      await server.kill()
      removeFolder(folder)
    },
  }
}
