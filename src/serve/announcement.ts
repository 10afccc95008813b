import type { RegistryContents } from '../model/registry-contents.ts'
import { joinKeyFields } from '../registry/join-keys.ts'
import { listObjects } from '../registry/lookup.ts'
import type { DataType } from '../types/data-type.ts'

/** Where everything is served; null for what is not. */
export interface ServedAddresses {
  readonly project: string
  /** URLs. */
  readonly http: string | null
  readonly metrics: string | null
  /** `host:port`. */
  readonly grpc: string | null
}

/** An address as a URL has it. */
export function hostAndPort({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** What is served where, and how to try it: a line each. */
export function announcement(
  { project, http, grpc, metrics }: ServedAddresses,
  contents: RegistryContents,
  workers: number,
): readonly string[] {
  const views = listObjects(contents, 'featureViews', project).length
  const services = listObjects(contents, 'featureServices', project).length
  const processes = workers === 1 ? 'one process' : `${workers} processes`
  return [
    `Serving project ${project}: feature views ${views}, feature services ${services}; ${processes}`,
    ...(http === null ? [] : [`  HTTP     ${http}  (description: ${http}/docs)`]),
    ...(grpc === null ? [] : [`  gRPC     ${grpc}  (feast.serving.ServingService, GrpcFeatureServer)`]),
    ...(metrics === null ? [] : [`  metrics  ${metrics}`]),
    ...(http === null ? [] : example(contents, project, http)),
  ]
}

/** A request that the first view answers of those that are served. */
function example(contents: RegistryContents, project: string, http: string): readonly string[] {
  const view = listObjects(contents, 'featureViews', project).find(({ online, enabled }) => online && enabled)
  const feature = view?.features[0]
  if (view === undefined || feature === undefined) return []
  const keys = joinKeyFields(contents, project, view).map(({ name, type }) => [name, [sample(type)]] as const)
  const entities = keys.length === 0 ? [{}] : Object.fromEntries(keys)
  const body = JSON.stringify({ features: [`${view.name}:${feature.name}`], entities })
  const insecure = http.startsWith('https:') ? ' --insecure' : ''
  return ['Try it:', `  curl -s${insecure} ${http}/get-online-features -d '${body.replaceAll("'", "'\\''")}'`]
}

function sample(type: DataType): string | number {
  return type.kind === 'scalar' && /^int/.test(type.name) ? 1001 : 'a'
}
