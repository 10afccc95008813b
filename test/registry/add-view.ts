/**
 * A process of the tests, given a folder and a name: adds a view of that name to the registry of the folder. With `hold`
 * as third argument it says so while it is changing the registry, and waits to be killed. With `forever` it adds views
 * `NAME_0`, `NAME_1` … and says each name when it is stored.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FeatureView } from '../../src/model/feature-view.ts'
import type { Project } from '../../src/model/project.ts'
import { openStoreAt } from './open-file-registry.ts'

const [, , folder = '', name = '', mode] = process.argv
const described = { project: 'p', description: '', tags: {}, owner: '' }
const project: Project = { ...described, kind: 'project', name: 'p' }
const viewNamed = (viewName: string): FeatureView => ({
  ...described,
  kind: 'featureView',
  name: viewName,
  entities: [],
  entityColumns: [],
  features: [],
  enabled: true,
  version: 'latest',
  organization: '',
  currentVersion: null,
  versionId: '',
  state: 'UNSPECIFIED',
  ttl: null,
  batchSource: null,
  streamSource: null,
  online: true,
  offline: false,
  mode: '',
  enableValidation: false,
  transformation: null,
  sourceViews: [],
  intervals: [],
})

const store = await openStoreAt('registry.db', folder)

async function add(viewName: string): Promise<void> {
  await store.transact(async ({ contents }) => {
    if (mode === 'hold') {
      process.stdout.write('changing\n')
      await sleep(60_000)
    }
    const projects = contents.projects.length === 0 ? [project] : contents.projects
    return { ...contents, projects, featureViews: [...contents.featureViews, viewNamed(viewName)] }
  })
}

if (mode === 'forever') {
  for (let index = 0; ; index++) {
    await add(`${name}_${index}`)
    process.stdout.write(`${name}_${index}\n`)
  }
} else {
  await add(name)
}
