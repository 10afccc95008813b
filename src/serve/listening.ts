import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:net'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { TlsFiles } from './serving-settings.ts'

/** @throws FTS7009 */
export async function readTlsFiles({
  keyPath,
  certPath,
}: TlsFiles): Promise<{ readonly key: Buffer; readonly cert: Buffer }> {
  const read = async (path: string): Promise<Buffer> => {
    try {
      return await readFile(path)
    } catch (cause) {
      throw new FeatureStoreError('FTS7009', { message: `${path} cannot be read.`, cause })
    }
  }
  // One after the other: of two files that are missing it is always the same one that is named.
  return { key: await read(keyPath), cert: await read(certPath) }
}

const whyNot: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has it',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EACCES: 'this user may not use that port',
  ENOTFOUND: 'there is no such host',
}

/** What the system said, as FTS7008. */
export function cannotListen(host: string, port: number, cause: unknown): FeatureStoreError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const fault = whyNot[code] ?? (cause instanceof Error ? cause.message : String(cause))
  return new FeatureStoreError('FTS7008', {
    message: `The server cannot listen on ${host}:${port}: ${fault}.`,
    ...(code === 'EADDRINUSE' && { notes: ['choose another port; 0 takes any free one'] }),
    cause,
  })
}

/**
 * Lets a server listen on one address. Of a name's addresses that is the first of IPv4, which clients of `localhost` try
 * too. @throws FTS7008
 */
export async function listenOn(
  server: Server,
  host: string,
  port: number,
): Promise<{ readonly address: string; readonly port: number }> {
  try {
    const { address } = await lookup(host, { order: 'ipv4first' })
    const listening = once(server, 'listening')
    server.listen({ host: address, port })
    await listening
  } catch (cause) {
    throw cannotListen(host, port, cause)
  }
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? bound : { address: host, port }
}
