import { choice, flag, integer, type Keys, map, optional, required, secret, text } from './config-key.ts'

/** Keys of every store on PostgreSQL. */
export const postgresKeys = {
  min_conn: integer('pool min', 1),
  max_conn: integer('pool max', 10),
  conn_type: choice(['singleton', 'pool'], 'singleton or pool', 'singleton'),
  host: required(text('server host')),
  port: integer('server port', 5432),
  database: required(text('database name')),
  db_schema: text('search_path', 'public'),
  user: required(text('login user')),
  password: required(secret('login password')),
  sslmode: optional(text('libpq sslmode', 'require')),
  sslkey_path: optional(text('client key')),
  sslcert_path: optional(text('client cert')),
  sslrootcert_path: optional(text('root CA')),
  keepalives_idle: optional(integer('TCP keepalive (s)')),
} as const satisfies Keys

/** Keys of every store and engine on Snowflake. */
export const snowflakeKeys = {
  config_path: optional(text('snowsql ini file to read defaults from (absolute)', '~/.snowsql/config')),
  connection_name: optional(text('entry in connections.toml')),
  account: optional(text('account identifier without the domain')),
  user: optional(text('login user')),
  password: optional(secret('login password')),
  role: optional(text('role to assume')),
  warehouse: optional(text('compute warehouse')),
  authenticator: optional(text('login method name')),
  private_key: optional(text('path of the private key file')),
  private_key_content: optional(secret('private key bytes')),
  private_key_passphrase: optional(secret('key passphrase')),
  database: required(text('database name')),
  schema: optional(text('schema name', 'PUBLIC')),
} as const satisfies Keys

export const clickhouseKeys = {
  host: required(text('server host')),
  port: integer('server port', 8123),
  database: required(text('database name')),
  user: required(text('login user')),
  password: required(secret('login password')),
  use_temporary_tables_for_entity_df: flag('else inline', true),
  additional_client_args: optional(map('clickhouse-connect args')),
} as const satisfies Keys

/** Keys of online stores that search vectors. */
export const vectorKeys = {
  vector_enabled: optional(flag('vector search on', false)),
  similarity: optional(text('distance of vector search', 'cosine')),
} as const satisfies Keys

export const trinoAuth = {
  type: required(choice(['kerberos', 'basic', 'jwt', 'oauth2', 'certificate'], 'way to log in')),
  config: required(optional(map('settings of that way'))),
} as const satisfies Keys
