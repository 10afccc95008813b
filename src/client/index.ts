import { type ClientOptions, FeastClient } from './feast-client.ts'

export { Instant } from '../base/instant.ts'
export type { EntityColumns, EntityRow, FeatureRequest, OnlineRow } from '../define/request.ts'
export type { FeatureRow, FeatureValue, ZonedTimestamp } from '../types/feature-value.ts'
export { FeastClientError } from './client-error.ts'
export type {
  ClientMaterializeRequest,
  ClientOptions,
  ClientPushRequest,
  Columns,
  FeastClient,
  OnlineFeaturesRequest,
  RowsRequest,
  ServiceFeaturesRequest,
} from './feast-client.ts'
export type { FeaturesResponse, FieldStatus } from './features-response.ts'
export type { ClientHeaders } from './http-transport.ts'

/**
 * A client of a feature server, ours or Feast's. Nothing is sent before it is asked for something.
 *
 * ```ts
 * const client = createClient({ url: 'http://127.0.0.1:6566' })
 * const answer = await client.getOnlineFeatures({
 *   features: ['driver_hourly_stats:conv_rate'],
 *   entities: [{ driver_id: 1001 }],
 * })
 * answer.rows()
 * ```
 */
export function createClient(options: ClientOptions): FeastClient {
  return new FeastClient(options)
}
