import type { StoreOptions } from '../../plugin/store-options.ts'

/** Source of keys and defaults: Feast's `MySQLOnlineStoreConfig`. Its `batch_write` is for its own slow path. */
export interface MysqlConfig {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
}

export function mysqlConfig({ config }: StoreOptions): MysqlConfig {
  const { host, port, database, user, password } = config.options
  return {
    host: textOr(host, '127.0.0.1'),
    port: typeof port === 'number' && port !== 0 ? port : 3306,
    database: textOr(database, 'feast'),
    user: textOr(user, 'test'),
    password: textOr(password, 'test'),
  }
}

/** Feast takes an empty text for none. */
function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise
}
