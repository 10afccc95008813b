import { readFile } from 'node:fs/promises'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { configJsonSchema } from './json-schema.ts'
import { parseConfig } from './parse-config.ts'

const validate = new Ajv({ strict: false, allErrors: true }).compile(configJsonSchema())
const head = { project: 'p', registry: 'data/registry.db' }

describe('the JSON Schema', () => {
  test('is the one that is published', async () => {
    const published = await readFile(new URL('../../schema/feature_store.schema.json', import.meta.url), 'utf8')
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(configJsonSchema())))
  })

  test.each<Record<string, unknown>>([
    head,
    { ...head, online_store: null },
    { ...head, online_store: 'redis' },
    { ...head, online_store: { type: 'redis', connection_string: 'r:6379', redis_type: 'redis_cluster' } },
    { ...head, online_store: { path: 'data/online.db' } },
    { ...head, online_store: { type: 'my_team.MyOnlineStore', anything: 1 } },
    { ...head, offline_store: { type: 'ray', storage_path: 's3://b/p', window_size_for_joins: '30min' } },
    { ...head, offline_store: { type: 'spark', spark_conf: { 'spark.master': 'local[*]' } } },
    { ...head, registry: { registry_type: 'sql', path: 'postgresql://u:p@h/db', cache_ttl_seconds: 60 } },
    { ...head, batch_engine: { type: 'local', whatever: 1 } },
    { ...head, materialization: { online_write_batch_size: 100, pull_latest_features: true } },
    { ...head, auth: { type: 'oidc', auth_discovery_url: 'https://x', client_id: 'y' } },
    { ...head, feature_server: { type: 'local', metrics: { enabled: true } } },
    { ...head, our_team: 'growth' },
  ])('and the checks accept %j', (config) => {
    expect(validate(config), JSON.stringify(validate.errors)).toBe(true)
    expect(parseConfig(config).project).toBe('p')
  })

  test.each<Record<string, unknown>>([
    {},
    { project: 'p' },
    { registry: 'r' },
    { project: 5, registry: 'r' },
    { project: null, registry: 'r' },
    { ...head, registry: 7 },
    { ...head, registry: { registry_type: 'sqll', path: 'x' } },
    { ...head, registry: { path: 'r', cache_ttl_seconds: '60' } },
    { ...head, registry: { path: 'r', cache_mode: 'async' } },
    { ...head, registry: { path: 5 } },
    { ...head, online_store: 'redi' },
    { ...head, online_store: 5 },
    { ...head, online_store: { type: 'sqlite', pth: 'x' } },
    { ...head, online_store: { pth: 'x' } },
    { ...head, online_store: { type: 'dynamodb' } },
    { ...head, online_store: { type: 'redis', redis_type: 'cluster' } },
    { ...head, online_store: { type: 'redis', key_ttl_seconds: 'long' } },
    { ...head, online_store: { type: 'postgres', host: 'h' } },
    { ...head, online_store: { type: 'bigtable', instance: 'i', write_concurrency: 0 } },
    { ...head, offline_store: { type: 'dask', path: 'x' } },
    { ...head, offline_store: { type: 'ray', use_ray_cluster: true } },
    { ...head, offline_store: { type: 'bigquery', table_create_disposition: 'NEVER' } },
    { ...head, offline_store: { type: 'redshift', region: 'eu' } },
    { ...head, offline_store: ['dask'] },
    { ...head, batch_engine: { type: 'k8s', max_parallelism: 'many' } },
    { ...head, auth: { type: 'kerberos' } },
    { ...head, auth: 'oidc' },
    { ...head, feature_server: { type: 'go' } },
    { ...head, feature_server: { type: 'local', metrics: { zz: 1 } } },
    { ...head, embedding_model: { provider: 'x' } },
    { ...head, embedding_model: { model: 'm', dim: 1 } },
    { ...head, data_quality_monitoring: { auto: true } },
    { ...head, materialization: { online_write_batch_size: 0 } },
    { ...head, coerce_tz_aware: 'perhaps' },
  ])('and the checks refuse %j', (config) => {
    expect(validate(config)).toBe(false)
    expect(() => parseConfig(config)).toThrow()
  })
})
