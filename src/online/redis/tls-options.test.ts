import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RedisTlsOptions } from './redis-config.ts'
import { tlsConnectionOptions } from './tls-options.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redis-tls-'))
  await mkdir(join(folder, 'authorities'))
  for (const name of ['own', 'authorities/a', 'authorities/b']) await writeFile(join(folder, name), name)
})

afterAll(() => rm(folder, { recursive: true }))

const none: RedisTlsOptions = {
  verify: true,
  checkHostname: true,
  caFile: null,
  caFolder: null,
  caText: null,
  certFile: null,
  keyFile: null,
  keyPassword: null,
}

it('authorities come from a file, from all files of a folder and from the connection string', async () => {
  const options = { ...none, caFile: join(folder, 'own'), caFolder: join(folder, 'authorities'), caText: 'text' }
  expect(await tlsConnectionOptions(options, 'h')).toEqual({
    rejectUnauthorized: true,
    servername: 'h',
    ca: ['own', 'authorities/a', 'authorities/b', 'text'],
  })
  expect(await tlsConnectionOptions({ ...none, verify: false }, '::1')).toEqual({ rejectUnauthorized: false })
})

it.each([
  ['ssl_ca_certs', { caFile: '/no/such' }],
  ['ssl_ca_path', { caFolder: '/no/such' }],
  ['ssl_certfile', { certFile: '/no/such' }],
  ['ssl_keyfile', { keyFile: '/no/such', keyPassword: 's3cret' }],
])('what cannot be read is named by its option: %s', async (option, change) => {
  const error = await tlsConnectionOptions({ ...none, ...change }, 'h').catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    code: 'FTS1005',
    message: expect.stringContaining(`${option} in the connection string`),
  })
  expect(String(error)).not.toContain('s3cret')
})

it('a file of a folder that cannot be read is named by the option of the folder', async () => {
  await mkdir(join(folder, 'broken', 'inner'), { recursive: true })
  await expect(tlsConnectionOptions({ ...none, caFolder: join(folder, 'broken') }, 'h')).rejects.toThrow('ssl_ca_path')
})
