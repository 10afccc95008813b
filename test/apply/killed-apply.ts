/** Applies the repository `stats` and `new` in the folder given, and kills its own process at the step given. */
import { apply } from '../../src/store/apply.ts'
import { crashing, type Step, steps } from './crash.ts'
import { openParts, repository, viewNamed } from './parts.ts'

const [repoPath = '', wanted] = process.argv.slice(2)
const step = steps.find((each): each is Step => each === wanted)
if (step === undefined) throw new Error(`no such step: ${String(wanted)}`)
const { registry } = await openParts({ repoPath, registry: 'file' })
const context = await openParts({
  repoPath,
  ...crashing(step, registry, () => process.kill(process.pid, 'SIGKILL')),
})
await apply(context, repository(viewNamed('stats'), viewNamed('new')))
