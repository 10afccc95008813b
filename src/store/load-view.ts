import type { Instant } from '../base/instant.ts'
import type { StoredFeatureView } from '../model/feature-view.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { computeEngines } from '../plugin/catalogue.ts'
import type { ComputeEngine, LoadSummary } from '../plugin/compute-engine.ts'
import { joinKeyFields } from '../registry/join-keys.ts'
import { compareCodePoints } from '../types/entity-key.ts'
import { onlineTable } from './online-tables.ts'
import { openByType } from './open-by-type.ts'
import { physicalSourceOf } from './physical-source.ts'
import { readSettings } from './read-settings.ts'
import type { StoreContext } from './store-context.ts'

export interface LoadOptions {
  readonly onRows: (rowsDone: number) => void
  readonly signal: AbortSignal | undefined
}

/** Loads the latest rows of a view's batch source. @throws FTS4501 without a source, FTS8001 for an unknown engine. */
export async function loadView(
  context: StoreContext,
  contents: RegistryContents,
  view: StoredFeatureView,
  window: { readonly start: Instant; readonly end: Instant },
  options: LoadOptions,
): Promise<LoadSummary> {
  const { source, timestampColumn, createdColumn, column } = physicalSourceOf(view)
  const keys = joinKeyFields(contents, context.project, view)
    .toSorted((a, b) => compareCodePoints(a.name, b.name))
    .map((field) => ({
      sourceColumn: column(field.name),
      field,
    }))
  const features = view.features.map((field) => ({ sourceColumn: column(field.name), field }))
  const engine = await openEngine(context)
  const stores = { offline: await context.offlineStore(), online: await context.onlineStore() }
  return engine.load(
    {
      view: view.name,
      pull: {
        source,
        keyColumns: keys.map((key) => key.sourceColumn),
        featureColumns: features.map((feature) => feature.sourceColumn),
        timestampColumn,
        createdColumn,
        ...window,
      },
      keys,
      features,
      table: onlineTable(view, context.project, readSettings(context.config).versions),
      keyVersion: context.config.entityKeySerializationVersion,
      writeBatchSize: context.config.materialization.onlineWriteBatchSize,
    },
    stores,
    options,
  )
}

function openEngine(context: StoreContext): Promise<ComputeEngine> {
  const { config: store, repoPath, clock, logger } = context
  return openByType('batch_engine', computeEngines, { config: store.batchEngine, store, repoPath, clock, logger })
}
