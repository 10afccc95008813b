import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { CommandContext } from '../command.ts'
import { serveStore, wholeNumber } from './serve.ts'

const standardAddress = 'localhost:50051'

/** Serves the feature store over gRPC until SIGTERM or Ctrl-C; then finishes what is being worked on. */
export async function run(command: CommandContext): Promise<void> {
  const { host, port } = readAddress(command.options.text('address') ?? standardAddress)
  const registryTtlSeconds = wholeNumber(command.options, 'registry_ttl_sec', { least: 1, most: 86_400 }) ?? 5
  // Feast's server logs no calls, and has no flag for it.
  await serveStore(command, { host, port, type: 'grpc', registryTtlSeconds, accessLog: false })
}

/** `host:port`; a host with colons is in brackets. */
function readAddress(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (host !== undefined && port <= 65_535) return { host, port }
  throw new FeatureStoreError('FTS1103', {
    message: `"${text}" is not an address.`,
    notes: ['write --address host:port, such as localhost:50051 or [::1]:50051'],
    field: '--address',
  })
}
