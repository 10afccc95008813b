import type { AnyFeatureView } from '../../model/feature-view.ts'
import type { RegistryContents } from '../../model/registry-contents.ts'
import {
  getAnyFeatureView,
  getDataSource,
  getEntity,
  getFeatureService,
  getLabelView,
  getOnDemandFeatureView,
  getPermission,
  getProject,
  getSavedDataset,
  getStreamFeatureView,
  getValidationReference,
} from '../../registry/lookup.ts'
import { describeObject } from '../../wire/json.ts'
import type { CommandContext } from '../command.ts'
import { describeFeature } from '../describe-feature.ts'
import { renderData } from '../output.ts'

type Describe = (contents: RegistryContents, project: string, name: string) => unknown

/** Feast adds these two to the stored form, even where they have their defaults. */
const describeView = (view: AnyFeatureView): unknown => ({
  ...describeObject(view),
  enabled: view.enabled,
  state: view.state === 'UNSPECIFIED' ? 'STATE_UNSPECIFIED' : view.state,
})

const kinds: Readonly<Record<string, Describe>> = {
  entities: (...at) => describeObject(getEntity(...at)),
  'data-sources': (...at) => describeObject(getDataSource(...at)),
  'feature-views': (...at) => describeView(getAnyFeatureView(...at)),
  'on-demand-feature-views': (...at) => describeObject(getOnDemandFeatureView(...at)),
  'stream-feature-views': (...at) => describeObject(getStreamFeatureView(...at)),
  'label-views': (...at) => describeObject(getLabelView(...at)),
  'feature-services': (...at) => describeObject(getFeatureService(...at)),
  features: describeFeature,
  'saved-datasets': (...at) => describeObject(getSavedDataset(...at)),
  'validation-references': (...at) => describeObject(getValidationReference(...at)),
  projects: (contents, _project, name) => describeObject(getProject(contents, name)),
  permissions: (...at) => describeObject(getPermission(...at)),
}

/** Prints YAML, as Feast does, unless another format is asked for; features come as JSON. */
export async function run(command: CommandContext): Promise<void> {
  const [kind = ''] = command.path.split(' ')
  const { project, contents } = await command.registry()
  const [name = project] = command.arguments
  const described = kinds[kind]?.(contents, project, name)
  const standard = kind === 'features' ? 'json' : 'yaml'
  const { output = standard } = command.globals
  command.print(await renderData(described, output === 'table' ? standard : output))
}
