import type { Instant } from '../base/instant.ts'
import type { EntityColumns, EntityRow, FeatureRequest, OnlineRow } from '../define/request.ts'
import { exactJsonText } from '../types/exact-json.ts'
import type { FeatureRow } from '../types/feature-value.ts'
import { FeastClientError } from './client-error.ts'
import { FeaturesResponse } from './features-response.ts'
import { HttpTransport, type TransportOptions } from './http-transport.ts'
import { columnsOfRows } from './json-values.ts'
import { requestedFeatures } from './requested-features.ts'

export interface ClientOptions extends TransportOptions {}

/** Columns of equal length by name. */
export type Columns = Readonly<Record<string, readonly unknown[]>>

interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** In place of the client's time-out, for this call. */
  readonly timeoutMs?: number | undefined
}

export interface OnlineFeaturesRequest<F, Full extends boolean> extends CallOptions {
  /** A feature service, or views, selections of views and references such as `view:feature`. */
  readonly features: F
  /** Objects, or columns of equal length by name. */
  readonly entities: readonly EntityRow<F>[] | EntityColumns<F>
  /** Name columns `view__feature`, not `feature`. Default false. */
  readonly fullFeatureNames?: Full | undefined
}

export interface ServiceFeaturesRequest extends CallOptions {
  /** The name of a feature service. */
  readonly featureService: string
  readonly entities: readonly Readonly<Record<string, unknown>>[] | Columns
  readonly fullFeatureNames?: boolean | undefined
}

export interface RowsRequest extends CallOptions {
  /** Objects, or columns of equal length by name. Times are `Instant`, `Date` or ISO 8601 text. */
  readonly rows: readonly Readonly<Record<string, unknown>>[] | Columns
}

export interface ClientPushRequest extends RowsRequest {
  /** Name of the push source. */
  readonly source: string
  /** Default `online`. */
  readonly to?: 'online' | 'offline' | 'onlineAndOffline' | undefined
}

export interface ClientMaterializeRequest extends CallOptions {
  /** Without it all views that are served online. */
  readonly views?: readonly string[] | undefined
  /** Inclusive. Without a start the run goes on from where each view's last one ended. */
  readonly start?: Instant | Date | string | undefined
  readonly end: Instant | Date | string
  /** `vN` of the one view in `views`. */
  readonly version?: string | undefined
  /** Do not wait for the end. Default false: then the time-out is none, unless one is given. */
  readonly background?: boolean | undefined
  /** With `background`: take over views that somebody else is marked as working on. */
  readonly force?: boolean | undefined
}

const targets = { online: 'online', offline: 'offline', onlineAndOffline: 'online_and_offline' } as const

/**
 * A client of a feature server, ours or Feast's, over HTTP. It needs nothing but `fetch`, and runs in Node, in browsers
 * and in edge runtimes.
 */
export class FeastClient {
  readonly #transport: HttpTransport

  /** @internal */
  constructor(options: ClientOptions) {
    this.#transport = new HttpTransport(options)
  }

  /**
   * The latest features of entity rows. With definitions, values have the types of the definitions: 64-bit integers are
   * `bigint`, times `Instant`, bytes `Uint8Array`. For what is only named they are as JSON has them: times are seconds,
   * bytes base64, and an integer is a `bigint` only when a number cannot hold it.
   *
   * Tried again when the server is busy or cannot be reached.
   * @throws FeastClientError
   */
  getOnlineFeatures<const F extends FeatureRequest, const Full extends boolean = false>(
    request: OnlineFeaturesRequest<F, Full>,
  ): Promise<FeaturesResponse<OnlineRow<F, Full>>>
  getOnlineFeatures(request: ServiceFeaturesRequest): Promise<FeaturesResponse>
  async getOnlineFeatures(
    request: OnlineFeaturesRequest<FeatureRequest, boolean> | ServiceFeaturesRequest,
  ): Promise<FeaturesResponse> {
    const full = request.fullFeatureNames ?? false
    const { body, types } =
      'featureService' in request
        ? { body: { feature_service: request.featureService }, types: new Map() }
        : requestedFeatures(request.features, full)
    const { json } = await this.#transport.send({
      method: 'POST',
      path: '/get-online-features',
      body: exactJsonText({
        ...body,
        entities: columnsOfRows(request.entities as ServiceFeaturesRequest['entities']),
        full_feature_names: full,
      }),
      repeatable: true,
      ...callOf(request),
    })
    return new FeaturesResponse<FeatureRow>(json ?? null, types)
  }

  /**
   * Sends rows of a push source. `queued` says that rows for the offline store wait for the server's next batch. Never
   * sent twice: after `NETWORK` or `TIMEOUT` it is not known whether the rows arrived.
   * @throws FeastClientError
   */
  async push(request: ClientPushRequest): Promise<{ readonly queued: boolean }> {
    const to = targets[request.to ?? 'online']
    const { status } = await this.#post(
      '/push',
      { push_source_name: request.source, df: columnsOfRows(request.rows), to },
      request,
    )
    return { queued: status === 202 }
  }

  /** Writes rows of one view to the online store. @throws FeastClientError */
  async writeToOnlineStore(request: RowsRequest & { readonly view: string }): Promise<void> {
    const body = { feature_view_name: request.view, df: columnsOfRows(request.rows) }
    await this.#post('/write-to-online-store', body, request)
  }

  /**
   * Has the server load rows into its online store, and waits for it, unless `background` is set: then it gives the names
   * of the views that the server has begun with.
   * @throws FeastClientError with status 409 when somebody is working on one of the views already.
   */
  async materialize(request: ClientMaterializeRequest): Promise<readonly string[] | null> {
    const { start, end, views, version, background = false, force = false } = request
    const path = start === undefined ? '/materialize-incremental' : '/materialize'
    const query = background ? `?async=true${force ? '&force=true' : ''}` : ''
    const body = {
      ...(start !== undefined && { start_ts: timeText(start) }),
      end_ts: timeText(end),
      ...(views !== undefined && { feature_views: views }),
      ...(version !== undefined && { version }),
    }
    const timeoutMs = request.timeoutMs ?? (background ? undefined : 0)
    const { json } = await this.#post(`${path}${query}`, body, { signal: request.signal, timeoutMs })
    if (typeof json !== 'object' || json === null || !('feature_views' in json)) return null
    return (json.feature_views as readonly unknown[]).map(String)
  }

  /** Whether the server is there and can serve: false for one that cannot be reached or says no. */
  async health(options: CallOptions = {}): Promise<boolean> {
    try {
      await this.#transport.send({ method: 'GET', path: '/health', repeatable: true, ...callOf(options) })
      return true
    } catch (error) {
      if (error instanceof FeastClientError) return false
      throw error
    }
  }

  #post(path: string, body: object, call: CallOptions): ReturnType<HttpTransport['send']> {
    return this.#transport.send({
      method: 'POST',
      path,
      body: exactJsonText(body),
      repeatable: false,
      ...callOf(call),
    })
  }
}

const callOf = ({ signal, timeoutMs }: CallOptions): CallOptions => ({ signal, timeoutMs })

function timeText(time: Instant | Date | string): string {
  return typeof time === 'string' ? time : time.toJSON()
}
