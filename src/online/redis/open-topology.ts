import type { RedisConfig } from './redis-config.ts'
import { type RedisTopology, SingleTopology } from './redis-topology.ts'

export function openTopology(config: RedisConfig): RedisTopology {
  return new SingleTopology(config)
}
