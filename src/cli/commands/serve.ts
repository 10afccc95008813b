import { availableParallelism } from 'node:os'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { ServingFlags, TlsFiles } from '../../serve/serving-settings.ts'
import type { CommandContext, CommandOptions } from '../command.ts'

/** Serves the feature store until SIGTERM or Ctrl-C; then finishes what is being worked on. */
export async function run(command: CommandContext): Promise<void> {
  const flags = servingFlags(command.options)
  const { serve } = await import('../../serve/serve.ts')
  const { servingSettings } = await import('../../serve/serving-settings.ts')
  const store = await command.store()
  const settings = servingSettings(store.config, flags, availableParallelism())
  const { logger, clock, signal } = command
  await serve({ store, settings, logger, clock, signal, announce: (line) => command.note(line) })
}

/** @throws FTS1103 for what no server can do. */
function servingFlags(options: CommandOptions): ServingFlags {
  const type = options.text('type')
  return {
    host: options.text('host'),
    port: wholeNumber(options, 'port', { least: 0, most: 65_535 }),
    type: type === 'grpc' ? 'grpc' : 'http',
    grpcPort: wholeNumber(options, 'grpcPort', { least: 0, most: 65_535 }),
    workers: wholeNumber(options, 'workers', { least: -1, most: 1024 }),
    keepAliveSeconds: wholeNumber(options, 'keepAliveTimeout', { least: 1, most: 86_400 }),
    registryTtlSeconds: wholeNumber(options, 'registry_ttl_sec', { least: 1, most: 86_400 }),
    accessLog: options.switchedOn('accessLog'),
    tls: tlsFiles(options),
    metrics: options.flag('metrics'),
    explain: options.flag('explain'),
  }
}

function tlsFiles(options: CommandOptions): TlsFiles | undefined {
  const [keyPath, certPath] = [options.text('key'), options.text('cert')]
  if (keyPath === undefined && certPath === undefined) return undefined
  if (keyPath !== undefined && certPath !== undefined) return { keyPath, certPath }
  const [given, missing] = keyPath === undefined ? ['--cert', '--key'] : ['--key', '--cert']
  throw new FeatureStoreError('FTS1103', {
    message: `${given} is given without ${missing}; TLS needs both.`,
    field: missing,
  })
}

/** The number of an option; undefined when it was not given. @throws FTS1103 */
export function wholeNumber(
  options: CommandOptions,
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  const text = options.text(name)
  if (text === undefined) return undefined
  const value = Number(text)
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  if (/^-?\d+$/.test(text) && value >= least && value <= most) return value
  throw new FeatureStoreError('FTS1103', {
    message: `${flag} must be a whole number from ${least} to ${most}, not "${text}".`,
    field: flag,
  })
}
