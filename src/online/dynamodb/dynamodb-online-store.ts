import type { Logger } from '../../base/logger.ts'
import type { InfrastructureObject } from '../../model/registry-contents.ts'
import type { OnlineCells } from '../../plugin/online-cells.ts'
import type {
  OnlineRead,
  OnlineStore,
  OnlineStoreCapabilities,
  OnlineTable,
  OnlineWrite,
  OnlineWriteSummary,
  TableChange,
} from '../../plugin/online-store.ts'
import type { StoreOptions } from '../../plugin/store-options.ts'
import { dynamodbConfig } from './dynamodb-config.ts'
import { DynamodbConnection } from './dynamodb-driver.ts'
import { isNamed } from './dynamodb-errors.ts'
import { readCells } from './dynamodb-read.ts'
import { dropTables, makeTables } from './dynamodb-tables.ts'
import { writeRows } from './dynamodb-write.ts'

/**
 * The latest values in Amazon DynamoDB, in the layout of Feast's store. Credentials come from where the driver looks
 * for them: the environment, shared files, or the role of the machine.
 */
export async function openDynamodbOnlineStore(options: StoreOptions): Promise<OnlineStore> {
  const config = dynamodbConfig(options)
  const store = new DynamodbOnlineStore(new DynamodbConnection(config), options.logger)
  if (!config.warmUp) return store
  try {
    await store.ping()
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

export const dynamodbCapabilities: OnlineStoreCapabilities = {
  keyTtl: false,
  transactionalBatches: false,
  versionedViews: true,
  vectorSearch: false,
  eventPrecisionMicros: 1n,
  createdTimestamps: false,
  oneRoundTrip: true,
  missingInFeast: 'NOT_FOUND',
}

class DynamodbOnlineStore implements OnlineStore {
  readonly capabilities = dynamodbCapabilities
  readonly #connection: DynamodbConnection
  readonly #logger: Logger

  constructor(connection: DynamodbConnection, logger: Logger) {
    this.#connection = connection
    this.#logger = logger
  }

  read(reads: readonly OnlineRead[], signal?: AbortSignal): Promise<readonly OnlineCells[]> {
    return readCells(this.#connection, reads, signal)
  }

  write(batch: OnlineWrite, signal?: AbortSignal): Promise<OnlineWriteSummary> {
    return writeRows(this.#connection, batch, signal)
  }

  /** Feast records none for DynamoDB. */
  infrastructure(_tables: readonly OnlineTable[]): readonly InfrastructureObject[] {
    return []
  }

  async update(change: TableChange): Promise<void> {
    await dropTables(this.#connection, change, this.#logger)
    await makeTables(this.#connection, change.keep, this.#logger)
  }

  async teardown(tables: readonly OnlineTable[]): Promise<void> {
    await this.update({ keep: [], drop: tables })
  }

  async ping(signal?: AbortSignal): Promise<void> {
    const denied = 'AccessDeniedException'
    try {
      await this.#connection.request(
        (send, sdk, options) => send(new sdk.ListTablesCommand({ Limit: 1 }), options),
        signal,
        [denied],
      )
    } catch (error) {
      // The service is there and knows who asks; listing tables is a permission that serving does not need.
      if (!isNamed(error, denied)) throw error
    }
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}
