import { readdir, readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { RedisTlsOptions } from './redis-config.ts'

/**
 * What `tls.connect` takes. Files are read for every connection, so that renewed certificates are used.
 * @throws FTS1005 for a file that cannot be read.
 */
export async function tlsConnectionOptions(options: RedisTlsOptions, host: string): Promise<ConnectionOptions> {
  const [authorities, cert, key] = await Promise.all([
    authoritiesOf(options),
    readOption('ssl_certfile', options.certFile),
    readOption('ssl_keyfile', options.keyFile),
  ])
  return {
    rejectUnauthorized: options.verify,
    ...(authorities.length > 0 && { ca: authorities }),
    ...(cert !== null && { cert }),
    ...(key !== null && { key }),
    ...(options.keyPassword !== null && { passphrase: options.keyPassword }),
    // An address is no name that a server could be asked for.
    ...(isIP(host) === 0 && { servername: host }),
    ...(!options.checkHostname && { checkServerIdentity: () => undefined }),
  }
}

async function authoritiesOf(options: RedisTlsOptions): Promise<string[]> {
  const folder = options.caFolder
  const names = folder === null ? [] : await reading('ssl_ca_path', () => readdir(folder))
  const own = await readOption('ssl_ca_certs', options.caFile)
  const others = await Promise.all(names.map((name) => readOption('ssl_ca_path', join(folder ?? '', name))))
  return [own, ...others, options.caText].filter((text) => text !== null)
}

async function readOption(name: string, file: string | null): Promise<string | null> {
  return file === null ? null : reading(name, () => readFile(file, 'utf8'))
}

async function reading<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    throw new FeatureStoreError('FTS1005', {
      message: `${name} in the connection string of Redis cannot be read: ${cause instanceof Error ? cause.message : cause}.`,
      field: 'online_store.connection_string',
      cause,
    })
  }
}
