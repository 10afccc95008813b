import { expect, it } from 'vitest'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import type { Logger } from '../../base/logger.ts'
import { testStoreOptions } from '../../testing/store-options.ts'
import { type RedisConfig, redisConfig } from './redis-config.ts'

function config(connectionString: string, more: Readonly<Record<string, unknown>> = {}): RedisConfig {
  return redisConfig(
    testStoreOptions({ type: 'redis', options: { connection_string: connectionString, ...more } }, '/'),
  )
}

it('items without an equals sign are addresses, all others are options', () => {
  const { addresses, connection } = config('one:1111,two,[::1]:3333,db=3,username=fs,password=p=w,socket_timeout=0.5')
  expect(addresses).toEqual([
    { host: 'one', port: 1111 },
    { host: 'two', port: 6379 },
    { host: '::1', port: 3333 },
  ])
  expect(connection).toMatchObject({
    username: 'fs',
    password: 'p=w',
    database: 3,
    commandTimeoutMs: 500,
    connectTimeoutMs: 5000,
    tls: null,
  })
})

it('without a connection string it is the server of this machine', () => {
  expect(redisConfig(testStoreOptions({ type: 'redis', options: {} }, '/')).addresses).toEqual([
    { host: 'localhost', port: 6379 },
  ])
})

it('a password of digits stays what was written, and quotes of JSON are taken off', () => {
  expect(config('h:1,password=0123').connection.password).toBe('0123')
  expect(config('h:1,password=12345678901234567890').connection.password).toBe('12345678901234567890')
  expect(config('h:1,password="a b"').connection.password).toBe('a b')
})

it('TLS has the options of redis-py', () => {
  const text = 'h:1,ssl=true,ssl_ca_certs=/ca.pem,ssl_certfile=/c.pem,ssl_keyfile=/k.pem,ssl_check_hostname=false'
  expect(config(text).connection.tls).toEqual({
    verify: true,
    checkHostname: false,
    caFile: '/ca.pem',
    caFolder: null,
    caText: null,
    certFile: '/c.pem',
    keyFile: '/k.pem',
    keyPassword: null,
  })
  expect(config('h:1,ssl=True,ssl_cert_reqs=none').connection.tls?.verify).toBe(false)
  expect(config('h:1,ssl=false,ssl_cert_reqs=none').connection.tls).toBeNull()
})

it('a cluster has one database, and sentinels take no login of their master', () => {
  expect(config('h:1,db=4', { redis_type: 'redis_cluster' }).connection.database).toBe(0)
  const { connection, sentinelConnection } = config('h:1,db=4,password=x,ssl=true,socket_timeout=2', {
    redis_type: 'redis_sentinel',
  })
  expect(connection).toMatchObject({ database: 4, password: 'x', commandTimeoutMs: 2000 })
  expect(sentinelConnection).toMatchObject({ database: 0, password: null, tls: null, commandTimeoutMs: 2000 })
  const own = config('h:1,password=x,sentinel_kwargs={"password":"y"}', { redis_type: 'redis_sentinel' })
  expect(own.sentinelConnection.password).toBe('y')
})

it.each([
  ['db=1,password=s3cret'],
  ['h:0,password=s3cret'],
  ['h:1,db=x,password=s3cret'],
  ['h:1,socket_timeout=soon,password=s3cret'],
  ['h:1,password=s3c,ret:x'],
  ['h:1,sentinel_kwargs=1,password=s3cret'],
])('%s is refused without showing a secret', (text) => {
  const attempt = (): RedisConfig => config(text)
  expect(attempt).toThrow(FeatureStoreError)
  expect(attempt).toThrow(expect.objectContaining({ code: 'FTS1005', field: 'online_store.connection_string' }))
  expect(attempt).not.toThrow(/s3c|ret/)
})

it('options that have no effect are named in a warning, without their values', () => {
  const warnings: unknown[] = []
  const warn: Logger['warn'] = (message, fields) => warnings.push([message, fields])
  const options = { type: 'redis', options: { connection_string: 'h:1,max_connections=9,passwrod=s3cret' } }
  const given = testStoreOptions(options, '/')
  redisConfig({ ...given, logger: { ...given.logger, warn } })
  expect(JSON.stringify(warnings)).toContain('max_connections, passwrod')
  expect(JSON.stringify(warnings)).not.toContain('s3cret')
})
