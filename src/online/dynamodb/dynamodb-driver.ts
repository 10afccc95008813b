import type * as Sdk from '@aws-sdk/client-dynamodb'
import { once } from '../../base/once.ts'
import { loadDriver } from '../../plugin/load-driver.ts'
import { type StoreServer, storeClosed } from '../online-common/server-errors.ts'
import type { DynamodbConfig } from './dynamodb-config.ts'
import { dynamodbError, isNamed } from './dynamodb-errors.ts'

interface Opened {
  readonly sdk: typeof Sdk
  readonly client: Sdk.DynamoDBClient
}

/** What one request needs: the driver's commands, its client, and the options of `send`. */
type Request<Answer> = (
  send: Sdk.DynamoDBClient['send'],
  sdk: typeof Sdk,
  options: { readonly abortSignal?: AbortSignal },
) => Promise<Answer>

/** The service, reached through its own driver, which is imported and given credentials on first use. */
export class DynamodbConnection {
  readonly server: StoreServer
  readonly config: DynamodbConfig
  readonly #opened = once(() => open(this.config))
  #closed = false

  constructor(config: DynamodbConfig) {
    this.config = config
    this.server = { name: 'DynamoDB', address: config.endpoint ?? `region ${config.region}` }
  }

  /**
   * One request. The driver itself repeats what failed for a moment.
   * @param passed names of errors that the caller handles, which come through as they are.
   * @throws FTS501x, or the reason of the signal.
   */
  async request<Answer>(
    request: Request<Answer>,
    signal: AbortSignal | undefined,
    passed: readonly string[] = [],
  ): Promise<Answer> {
    signal?.throwIfAborted()
    if (this.#closed) throw storeClosed(this.server)
    const { sdk, client } = await this.#opened()
    try {
      return await request(client.send.bind(client), sdk, signal === undefined ? {} : { abortSignal: signal })
    } catch (error) {
      signal?.throwIfAborted()
      if (passed.some((name) => isNamed(error, name))) throw error
      throw dynamodbError(error, this.server, this.config.readTimeoutMs)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const opened = await this.#opened.made()?.catch(() => undefined)
    opened?.client.destroy()
  }
}

async function open(config: DynamodbConfig): Promise<Opened> {
  const sdk = await loadDriver('dynamodb', '@aws-sdk/client-dynamodb', () => import('@aws-sdk/client-dynamodb'))
  const agent = { keepAlive: true, maxSockets: config.connections }
  const client = new sdk.DynamoDBClient({
    region: config.region,
    ...(config.endpoint !== undefined && { endpoint: config.endpoint }),
    ...(config.attempts !== undefined && { maxAttempts: config.attempts }),
    retryMode: config.retryMode,
    requestHandler: {
      connectionTimeout: config.connectTimeoutMs,
      requestTimeout: config.readTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  })
  return { sdk, client }
}
