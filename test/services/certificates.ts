import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync } from 'node:fs'
import { join } from 'node:path'
import { program } from './programs.ts'
import type { Account } from './server-process.ts'

/** Paths of PEM files. The authority signed the server's certificate. */
export interface Certificates {
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

/**
 * Makes a certificate authority and a server certificate of one day in a folder.
 * @param names what the certificate is for, as OpenSSL writes it.
 */
export function makeCertificates(
  folder: string,
  account?: Account,
  names = 'DNS:localhost,IP:127.0.0.1',
): Certificates {
  const path = (name: string): string => join(folder, name)
  const openssl = (...args: readonly string[]): void => {
    execFileSync(program('openssl'), args, { cwd: folder, stdio: 'pipe' })
  }
  const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  openssl('req', '-x509', ...fresh, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=feast-ts test authority')
  openssl(
    ...['req', '-x509', ...fresh, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-keyout', 'server.key', '-out', 'server.crt'],
    ...['-subj', '/CN=localhost', '-addext', `subjectAltName=${names}`],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
  )
  chmodSync(path('server.key'), 0o600)
  if (account !== undefined) chownSync(path('server.key'), account.uid, account.gid)
  return { authority: path('ca.crt'), certificate: path('server.crt'), key: path('server.key') }
}
