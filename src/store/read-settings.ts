import type { FeatureStoreConfig } from '../config/feature-store-config.ts'
import type { ReadSettings } from '../registry/requested-views.ts'

/** The settings of the registry block that decide what may be read. */
export function readSettings(config: FeatureStoreConfig): Readonly<Record<keyof ReadSettings, boolean>> {
  const { options } = config.registry
  return {
    versions: options.enable_online_feature_view_versioning === true,
    serveWhileMaterializing: options.serve_features_while_materializing === true,
  }
}
