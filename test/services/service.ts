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
