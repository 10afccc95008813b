import { readFile } from 'node:fs/promises'
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
  const [key, cert] = await Promise.all([read(keyPath), read(certPath)])
  return { key, cert }
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
  return new FeatureStoreError('FTS7008', { message: `The server cannot listen on ${host}:${port}: ${fault}.`, cause })
}
