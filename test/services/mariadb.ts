import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serverFolder } from './folder.ts'
import { freePort } from './free-port.ts'
import { accountOf, program } from './programs.ts'
import { ServerProcess } from './server-process.ts'
import { type SqlService, serviceOf } from './service.ts'

export interface MariadbOptions {
  /** Further options of the server, such as `--sql-mode=ANSI`. */
  readonly args?: readonly string[]
}

const [user, password, database] = ['feast', 'feast secret', 'feast'] as const

/** A MariaDB server with a database and a user who may do anything in it. */
export async function mariadbServer(options: MariadbOptions = {}): Promise<SqlService> {
  const account = accountOf('mysql', 'nobody')
  const folder = serverFolder('mariadb', account)
  const data = join(folder, 'data')
  const port = await freePort()
  writeFileSync(
    join(folder, 'init.sql'),
    `CREATE DATABASE IF NOT EXISTS ${database};
CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY '${password}';
GRANT ALL ON *.* TO '${user}'@'%';\n`,
    { mode: 0o644 },
  )
  const common = ['--no-defaults', `--datadir=${data}`, `--tmpdir=${folder}`]
  const install = [...common, '--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve']
  execFileSync(program('mariadb-install-db'), install, { cwd: folder, stdio: 'pipe', ...account })
  const server = await ServerProcess.start({
    program: program('mariadbd'),
    args: [
      ...common,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      `--init-file=${join(folder, 'init.sql')}`,
      '--skip-name-resolve',
      '--skip-log-bin',
      '--innodb-buffer-pool-size=64M',
      '--innodb-flush-log-at-trx-commit=2',
      ...(options.args ?? []),
    ],
    folder,
    account,
    isReady: (output) => output.includes('ready for connections'),
  })
  return {
    ...serviceOf(server, folder, port),
    user,
    password,
    database,
    onlineStore: { type: 'mysql', host: '127.0.0.1', port, user, password, database },
    async query(sql) {
      const { createConnection } = await import('mysql2/promise')
      const connection = await createConnection({ host: '127.0.0.1', port, user, password, database })
      try {
        const [rows] = await connection.query(sql)
        return Array.isArray(rows) ? (rows as Readonly<Record<string, unknown>>[]) : []
      } finally {
        await connection.end()
      }
    },
  }
}
