import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { isVacant, type RegistryContents } from '../../model/registry-contents.ts'
import { getProject, inProject } from '../../registry/lookup.ts'
import type { ServedAddresses } from '../../serve/announcement.ts'
import type { ServingFlags, TlsFiles } from '../../serve/serving-settings.ts'
import { boundHeap, heapOfServer } from '../bounded-heap.ts'
import type { CommandContext, CommandOptions } from '../command.ts'

/** Serves the feature store until SIGTERM or Ctrl-C; then finishes what is being worked on. */
export async function run(command: CommandContext): Promise<void> {
  await serveStore(command, servingFlags(command.options))
}

/** Serves as the flags and the configuration say, in this process or in several. */
export async function serveStore(command: CommandContext, flags: ServingFlags): Promise<void> {
  const started = boundHeap(heapOfServer)
  const [{ servingSettings }, { serverLog }] = await Promise.all([
    import('../../serve/serving-settings.ts'),
    import('../../serve/server-log.ts'),
  ])
  const log = await serverLog(command.globals.logLevel)
  const { logger } = log
  try {
    // The server reads the registry again by itself, beside the requests; none of them waits for it.
    const store = await command.store({ logger, registryTtlSeconds: 0 })
    const settings = servingSettings(store.config, flags, availableParallelism())
    const contents = await store.contents()
    // A server of nothing is a mistyped path, or an apply that was forgotten.
    if (isVacant(inProject(contents, store.project))) refuseNothing(contents, store.project)
    const announceTo = await announcer(command, contents, settings.workers)
    const announce = (addresses: ServedAddresses): void => {
      started()
      announceTo(addresses)
    }
    const { clock, signal } = command
    if (cluster.isPrimary) signal.addEventListener('abort', () => command.note(endingNote), { once: true })
    if (settings.workers > 1 && cluster.isPrimary) {
      const { superviseWorkers } = await import('../../serve/workers.ts')
      await superviseWorkers({ settings, logger, signal, announce })
    } else {
      const { serve } = await import('../../serve/serve.ts')
      const accessLog = settings.accessLog ? log.access : null
      await serve({ store, settings, logger, accessLog, clock, signal, announce })
    }
  } finally {
    log.close()
  }
}

const endingNote = 'Ending when what is on its way is answered; Ctrl-C again ends at once.'

/** @throws FTS3101 */
function refuseNothing(contents: RegistryContents, project: string): void {
  try {
    getProject(contents, project)
  } catch (error) {
    if (!(error instanceof FeatureStoreError)) throw error
    const { code, message, notes } = error
    throw new FeatureStoreError(code, { message, notes, hint: 'register the definitions first: feast apply' })
  }
}

/** Says what is served where: on stderr for people, as one line of JSON on stdout when asked for. */
async function announcer(
  command: CommandContext,
  contents: RegistryContents,
  workers: number,
): Promise<(addresses: ServedAddresses) => void> {
  const { announcement } = await import('../../serve/announcement.ts')
  // The primary speaks for its workers.
  if (cluster.isWorker) return () => {}
  return (addresses) => {
    if (command.globals.output === 'json') command.print(JSON.stringify(addresses))
    else for (const line of announcement(addresses, contents, workers)) command.note(line)
  }
}

/** @throws FTS1103 for what no server can do. */
function servingFlags(options: CommandOptions): ServingFlags {
  const type = options.text('type')
  return {
    host: options.text('host'),
    port: wholeNumber(options, 'port', { least: 0, most: 65_535 }),
    type: type === 'grpc' ? 'grpc' : 'http',
    grpcPort: wholeNumber(options, 'grpcPort', { least: 0, most: 65_535 }),
    workers: workerCount(options),
    keepAliveSeconds: wholeNumber(options, 'keepAliveTimeout', { least: 1, most: 86_400 }),
    registryTtlSeconds: wholeNumber(options, 'registry_ttl_sec', { least: 1, most: 86_400 }),
    accessLog: options.switchedOn('accessLog'),
    tls: tlsFiles(options),
    metrics: options.flag('metrics'),
    metricsPort: wholeNumber(options, 'metricsPort', { least: 0, most: 65_535 }),
    explain: options.flag('explain'),
  }
}

function workerCount(options: CommandOptions): number | undefined {
  const count = wholeNumber(options, 'workers', { least: -1, most: 1024 })
  if (count !== 0) return count
  throw new FeatureStoreError('FTS1103', { message: '--workers must be 1 or more, or -1.', field: '--workers' })
}

function tlsFiles(options: CommandOptions): TlsFiles | undefined {
  const [keyPath, certPath] = [options.text('key'), options.text('cert')]
  if (keyPath === undefined && certPath === undefined) return undefined
  if (keyPath !== undefined && certPath !== undefined) return { keyPath, certPath }
  const [given, missing] = keyPath === undefined ? ['--cert', '--key'] : ['--key', '--cert']
  throw new FeatureStoreError('FTS1103', {
    message: `${given} is given without ${missing}; TLS needs both.`,
    notes:
      given === '--cert' ? ['-c is --cert here; for the repository write it before the command: feast -c … serve'] : [],
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
