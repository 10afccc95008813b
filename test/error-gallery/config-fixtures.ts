import { type Fixture, features, yaml } from './stage.ts'

/** Loads a configuration that is wrong. */
const config =
  (text: string): Fixture =>
  async (stage) => {
    await stage.write('feature_store.yaml', text)
    return stage.feast('feature-views', 'list')
  }

export const configFixtures: Readonly<Record<string, Fixture>> = {
  FTS1001: (stage) => stage.feast('apply'),
  FTS1002: config('project: rides\nregistry: data: registry.db\n'),
  FTS1003: config(`${yaml}online_store:\n  type: sqlite\n  pth: data/online.db\n`),
  FTS1004: config('project: rides\n'),
  FTS1005: config('project: rides\nregistry:\n  path: data/registry.db\n  cache_ttl_seconds: "60"\n'),
  FTS1006: config('project: my-rides\nregistry: data/registry.db\n'),
  FTS1007: config(`${yaml}online_store: redi\n`),
  FTS1008: async () => {
    const { loadConfig } = await import('../../src/config/load-config.ts')
    return loadConfig({ repoPath: '.', env: { FEATURE_STORE_YAML_BASE64: 'project: rides' } })
  },
  FTS1101: (stage) => stage.feast('aply'),
  FTS1102: (stage) => stage.feast('apply', '--plam', 'next.plan'),
  FTS1103: (stage) => stage.feast('materialize', '2026-01-01T00:00:00'),
  FTS1104: (stage) => stage.feast('--log-level', 'loud', 'version'),
  FTS1105: async (stage) => {
    await stage.applied()
    return stage.feast('teardown')
  },
  FTS1106: (stage) => stage.feast('explain', 'FTS210'),
  FTS1107: async (stage) => {
    await stage.store(features)
    return stage.feast('apply', '--plan', 'next.plan')
  },
  FTS1108: async (stage) => {
    await stage.write('rides/notes.txt', 'mine')
    return stage.feast('init', 'rides')
  },
  FTS1109: (stage) => stage.feast('init', 'rides', '--template', 'lokal'),
  FTS1110: async (stage) => {
    await stage.write('feature_store.yaml', yaml)
    return stage.feast('registry', 'create-schema')
  },
  FTS1111: async (stage) => {
    await stage.write('notes.txt', 'mine')
    return stage.feast('init', 'notes.txt/rides')
  },
}
