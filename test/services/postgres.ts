import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Certificates, makeCertificates } from './certificates.ts'
import { serverFolder } from './folder.ts'
import { freePort } from './free-port.ts'
import { accountOf, program } from './programs.ts'
import { ServerProcess } from './server-process.ts'
import { type SqlService, serviceOf } from './service.ts'

export interface PostgresService extends SqlService {
  /** Undefined without `tls`. */
  readonly certificates: Certificates | undefined
  readonly pid: number | undefined
}

export interface PostgresOptions {
  /** TLS is offered, and required with `only`. */
  readonly tls?: boolean | 'only'
  /** What its certificate is for, such as `DNS:db.example.com`. Default localhost and 127.0.0.1. */
  readonly certificateNames?: string
  /** Settings of the server, such as `max_connections`. */
  readonly settings?: Readonly<Record<string, string>>
}

const [user, password, database] = ['feast', 'feast secret', 'postgres'] as const

/** A PostgreSQL server with a superuser and password. The server refuses root, so root starts it as another user. */
export async function postgresServer(options: PostgresOptions = {}): Promise<PostgresService> {
  const account = accountOf('postgres', 'nobody')
  const folder = serverFolder('postgres', account)
  const data = join(folder, 'data')
  const port = await freePort()
  const certificates =
    options.tls === undefined ? undefined : makeCertificates(folder, account, options.certificateNames)
  writeFileSync(join(folder, 'password'), password, { mode: 0o644 })
  const fresh = ['--no-sync', '--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-instructions']
  execFileSync(program('initdb'), ['-D', data, '-U', user, `--pwfile=${join(folder, 'password')}`, ...fresh], {
    cwd: folder,
    stdio: 'pipe',
    ...account,
  })
  if (options.tls === 'only') writeFileSync(join(data, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n')
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    shared_buffers: '32MB',
    // The server is killed in tests, the machine is not.
    fsync: 'off',
    full_page_writes: 'off',
    ...(certificates && { ssl: 'on', ssl_cert_file: certificates.certificate, ssl_key_file: certificates.key }),
    ...options.settings,
  }
  const server = await ServerProcess.start({
    program: program('postgres'),
    args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    folder,
    account,
    isReady: (output) => output.includes('database system is ready to accept connections'),
    stopSignal: 'SIGINT',
  })
  return {
    ...serviceOf(server, folder, port),
    user,
    password,
    database,
    onlineStore: {
      ...{ type: 'postgres', host: '127.0.0.1', port, user, password, database },
      sslmode: options.tls === undefined ? 'disable' : 'require',
    },
    certificates,
    async query(sql) {
      const { Client } = (await import('pg')).default
      const ssl = certificates === undefined ? false : { rejectUnauthorized: false }
      const client = new Client({ host: '127.0.0.1', port, user, password, database, ssl })
      await client.connect()
      try {
        return (await client.query(sql)).rows
      } finally {
        await client.end()
      }
    },
    get pid() {
      return server.pid
    },
  }
}
