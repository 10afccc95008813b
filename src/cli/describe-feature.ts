import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { suggestion } from '../base/suggest.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { inProject } from '../registry/lookup.ts'
import { formatDataType } from '../types/data-type.ts'
import { describeObject } from '../wire/json.ts'

/** The feature in every view that has it, with Feast's keys. @throws FTS2104 when no view has it. */
export function describeFeature(contents: RegistryContents, project: string, name: string): unknown {
  const own = inProject(contents, project)
  const views = [...own.featureViews, ...own.streamFeatureViews, ...own.onDemandFeatureViews]
  const found = views.flatMap((view) =>
    view.features
      .filter((field) => field.name === name)
      .map((field) => {
        const source = view.kind === 'onDemandFeatureView' ? null : view.batchSource
        return {
          'Feature Name': name,
          'Feature View': view.name,
          'Data Type': formatDataType(field.type),
          Description: field.description,
          'Online Store': view.kind === 'onDemandFeatureView' ? view.writeToOnlineStore : view.online,
          Source: source === null ? null : describeObject(source),
        }
      }),
  )
  if (found.length > 0) return found
  const known = new Set(views.flatMap((view) => view.features.map((field) => field.name)))
  throw new FeatureStoreError('FTS2104', {
    message: `No view of project ${project} has a feature "${name}".${suggestion(name, known)}`,
    notes: ['all features: feast features list'],
  })
}
