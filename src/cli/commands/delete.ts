import type { RegistryKind } from '../../model/registry-contents.ts'
import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'

/** Feast's class names, which it prints. */
const classNames: Readonly<Record<RegistryKind, string>> = {
  projects: 'Project',
  entities: 'Entity',
  dataSources: 'DataSource',
  featureViews: 'FeatureView',
  streamFeatureViews: 'StreamFeatureView',
  onDemandFeatureViews: 'OnDemandFeatureView',
  labelViews: 'LabelView',
  featureServices: 'FeatureService',
  savedDatasets: 'SavedDataset',
  validationReferences: 'ValidationReference',
  permissions: 'Permission',
}

/** Prints Feast's sentence; like there, an unknown name is no failure. */
export async function run(command: CommandContext): Promise<void> {
  const [name = ''] = command.arguments
  const store = await command.store()
  const deleted = await store.delete(name, { force: command.options.flag('force') })
  const { output = 'table' } = command.globals
  if (output !== 'table') command.print(await renderData({ deleted }, output))
  else if (deleted === null) command.print('Object not found. Deletion skipped.')
  else command.print(`Deleted ${classNames[deleted.kind]} ${deleted.name} from ${store.project}.`)
}
