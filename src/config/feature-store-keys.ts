import {
  anything,
  atLeast,
  block,
  choice,
  flag,
  integer,
  type Keys,
  list,
  map,
  number,
  optional,
  required,
  type StoreType,
  secret,
  store,
  text,
} from './config-key.ts'
import { servingKeys } from './serving-keys.ts'
import { snowflakeKeys } from './shared-keys.ts'

const commonRegistryKeys = {
  registry_store_type: optional(text('class of a custom object store')),
  path: text('file, URI or URL of the registry', ''),
  cache_ttl_seconds: integer('seconds that a cached registry lives; 0 means for ever', 600),
  cache_mode: choice(['sync', 'thread'], 'refresh after each write, or in the background', 'sync'),
  s3_additional_kwargs: optional(map('extra arguments of S3 writes')),
  purge_feast_metadata: flag('drop the old metadata table; cannot be undone', false),
  enable_online_feature_view_versioning: flag('`view@vN:feature` reads and a table per version', false),
  serve_features_while_materializing: flag('serve a view that is being materialized', false),
  mcp: optional(block('MCP on the registry server', { enabled: flag('serve MCP', false) }, 'kept')),
} as const satisfies Keys

/** Registry types of Feast 0.67; the key that selects one is `registry_type`. */
export const registryTypes = {
  file: store('Registry', commonRegistryKeys, 'kept'),
  sql: store(
    'SqlRegistry',
    {
      ...commonRegistryKeys,
      path: secret('SQLAlchemy URL of the database', ''),
      read_path: optional(secret('URL of a read replica')),
      sqlalchemy_config_kwargs: map('arguments of the connection', { echo: false }),
      thread_pool_executor_worker_count: integer('threads that refresh the cache; 0 for none', 0),
      schema_mode: choice(['auto', 'verify', 'skip'], 'make the tables, check them, or neither', 'auto'),
    },
    'kept',
  ),
  'snowflake.registry': store('SnowflakeRegistry', { ...commonRegistryKeys, ...snowflakeKeys }, 'kept'),
  remote: store(
    'RemoteRegistry',
    {
      ...commonRegistryKeys,
      cert: text('path of the certificate', ''),
      is_tls: flag('TLS with the trust store of the system', false),
      client_cert: text('client certificate', ''),
      client_key: text('key of the client certificate', ''),
      authority: text('overrides :authority', ''),
    },
    'kept',
  ),
} as const satisfies Record<string, StoreType>

/** Ways to authenticate; the key that selects one is `auth.type`. */
export const authTypes = {
  no_auth: store('NoAuth', {}, 'kept'),
  kubernetes: store('Kubernetes', { user_token: optional(secret('token of the user')) }, 'kept'),
  oidc: store(
    'Oidc',
    {
      auth_discovery_url: optional(text('discovery document of the identity provider')),
      client_id: optional(text('client id')),
      ui_client_id: optional(text('client id of the web UI')),
      verify_ssl: flag('check certificates', true),
      ca_cert_path: text('CA certificate', ''),
      audience: optional(text('expected audience')),
      issuer: optional(text('expected issuer')),
      jwks_cache_lifespan_seconds: integer('life of cached keys', 300),
      jwks_request_timeout_seconds: integer('time-out of the key request', 10),
      username: optional(text('login user')),
      password: optional(secret('login password')),
      client_secret: optional(secret('client secret')),
      token: optional(secret('token')),
      token_env_var: optional(text('variable that holds the token')),
      token_refresh_margin_seconds: integer('refresh this long before the end', 30),
    },
    'kept',
  ),
} as const satisfies Record<string, StoreType>

const metricsKeys = {
  enabled: flag('metrics on port 8000', false),
  resource: flag('CPU and memory', true),
  request: flag('requests', true),
  online_features: flag('online reads', true),
  push: flag('pushes', true),
  materialization: flag('materialization', true),
  freshness: flag('age of the features', true),
  offline_features: flag('historical reads', true),
  audit_logging: flag('JSON audit log', false),
  feature_count_bins: list('bounds of the feature-count label', [10, 50, 200]),
} as const satisfies Keys

const featureServerKeys = {
  ...servingKeys,
  type: choice(['local', 'mcp'], 'kind of server', 'local'),
  enabled: flag('legacy switch', false),
  transformation_service_endpoint: text('host:port of the transformation server', 'localhost:6569'),
  offline_push_batching_enabled: optional(flag('buffer offline pushes')),
  offline_push_batching_batch_size: optional(integer('rows per offline write')),
  offline_push_batching_batch_interval_seconds: optional(integer('longest wait of a buffered row')),
  feature_logging: optional(
    block('logging of served features', {
      enabled: flag('log served features', false),
      flush_interval_secs: integer('seconds between writes to the offline store', 600),
      write_to_disk_interval_secs: integer('seconds between writes to disk', 30),
      queue_capacity: integer('rows that may wait', 100_000),
      emit_timeout_micro_secs: integer('longest wait for the queue', 10_000),
    }),
  ),
  metrics: optional(block('metrics of the server', metricsKeys)),
  audit_logging: optional(
    block('audit log', {
      enabled: flag('write the audit log', false),
      sink: choice(['stdout', 'file', 'logger'], 'where it goes', 'stdout'),
      file_path: text('file of the sink `file`', 'feast_audit.log'),
      log_successful_reads: flag('log reads that were allowed', true),
    }),
  ),
  mcp_enabled: flag('serve MCP', false),
  mcp_server_name: text('name of the MCP server', 'feast-mcp-server'),
  mcp_server_version: text('version of the MCP server', '1.0.0'),
  mcp_transport: choice(['sse', 'http'], 'MCP transport', 'sse'),
} as const satisfies Keys

const openlineageKeys = {
  enabled: flag('send lineage events', false),
  transport_type: optional(text('http, console, file or kafka')),
  transport_url: optional(text('URL of the transport')),
  transport_endpoint: text('path of the endpoint', 'api/v1/lineage'),
  api_key: optional(secret('API key')),
  namespace: text('namespace of the jobs', 'feast'),
  producer: text('producer of the events', 'feast'),
  emit_on_apply: flag('send on apply', true),
  emit_on_materialize: flag('send on materialize', true),
  consumer: optional(
    block(
      'receives lineage events',
      {
        enabled: flag('receive lineage events', false),
        store_type: text('kind of the store', 'sql'),
        connection_string: optional(secret('connection of the store')),
        api_key: optional(secret('API key')),
        namespace_mapping: map('namespace to project', {}),
        retention_days: integer('days that events are kept', 30),
        retention_check_interval_hours: integer('hours between clean-ups', 6),
        standalone_server: flag('a server of its own', false),
      },
      'kept',
    ),
  ),
} as const satisfies Keys

const mlflowKeys = {
  enabled: flag('log to MLflow', false),
  tracking_uri: optional(text('tracking server')),
  ui_url: optional(text('web page of the server')),
  auto_log: flag('log retrievals of the active run', true),
  auto_log_entity_df: flag('log entity rows too', false),
  entity_df_max_rows: integer('most entity rows that are logged', 100_000),
  log_operations: flag('log apply and materialize', false),
  ops_experiment_suffix: text('ending of the name of their experiment', '-feast-ops'),
  dataset_sync: optional(
    block(
      'data sets from MLflow',
      {
        default_field_mapping: map('field names', {}),
        watermark_key: text('tag of the last sync', 'feast_last_sync_time'),
        default_batch_size: integer('rows per write', 10_000),
      },
      'kept',
    ),
  ),
  ca_bundle: optional(text('CA certificates')),
  supported_artifact_formats: list('formats of artefacts', ['parquet', 'csv']),
  request_timeout: integer('seconds per request', 30),
  max_retries: integer('retries per request', 3),
  retry_backoff_factor: number('growth of the wait', 1),
} as const satisfies Keys

/** Keys of the top level that are not stores. Unknown ones are kept, as in Feast. */
export const topLevelKeys = {
  project: required(text('name space of all objects')),
  project_description: optional(text('stored on the project that apply makes')),
  provider: text('local, gcp, aws, azure or a class path', 'local'),
  feature_server: optional(block('the feature server', featureServerKeys)),
  serving: optional(block('ours: keys of our feature server, where Python Feast reads the file too', servingKeys)),
  embedding_model: optional(
    block('turns text into vectors', {
      provider: text('library of the model', 'sentence_transformers'),
      model: required(text('name of the model')),
    }),
  ),
  flags: anything('deprecated, without effect'),
  entity_key_serialization_version: integer('layout of entity keys in online stores: 2 or 3', 3),
  compatibility: optional(choice(['feast'], 'ours: servers answer as Feast does, its faults included')),
  coerce_tz_aware: flag('entity times without a zone are UTC', true),
  materialization: block(
    'how feature values are written to the online store',
    {
      pull_latest_features: flag('only the newest row per entity is pulled', false),
      online_write_batch_size: optional(atLeast(1, integer('rows per online write'))),
    },
    'kept',
  ),
  openlineage: optional(block('lineage events', openlineageKeys, 'kept')),
  mlflow: optional(block('MLflow logging', mlflowKeys, 'kept')),
  data_quality_monitoring: optional(
    block('statistics of features', { auto_baseline: flag('compute base lines on apply', true) }),
  ),
} as const satisfies Keys

/** The keys that hold a store, an engine or a registry. */
export const storeKeys = ['registry', 'online_store', 'offline_store', 'batch_engine', 'auth'] as const
