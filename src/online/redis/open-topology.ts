import { ClusterTopology } from './cluster-topology.ts'
import type { RedisConfig, RedisTopologyKind } from './redis-config.ts'
import { type RedisTopology, SingleTopology } from './redis-topology.ts'
import { SentinelTopology } from './sentinel-topology.ts'

const topologies: Readonly<Record<RedisTopologyKind, new (config: RedisConfig) => RedisTopology>> = {
  redis: SingleTopology,
  redis_cluster: ClusterTopology,
  redis_sentinel: SentinelTopology,
}

/** The servers as the configuration says; no connection is made yet. */
export function openTopology(config: RedisConfig): RedisTopology {
  return new topologies[config.topology](config)
}
