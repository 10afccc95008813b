import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { suggestion } from '../../base/suggest.ts'
import type { FeatureViewState } from '../../model/feature-view.ts'
import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'

const states = [
  'CREATED',
  'GENERATED',
  'MATERIALIZING',
  'AVAILABLE_ONLINE',
] as const satisfies readonly FeatureViewState[]

/** `feature-views enable`, `disable` and `set-state`, in Feast's sentences. */
export async function run(command: CommandContext): Promise<void> {
  const word = command.path.split(' ')[1]
  const [name = '', state = ''] = command.arguments
  const store = await command.store()
  const enabled = word === 'enable'
  const { view, changed } =
    word === 'set-state' ? await store.setViewState(name, readState(state)) : await store.setViewEnabled(name, enabled)
  const { output = 'table' } = command.globals
  if (output !== 'table') {
    command.print(await renderData({ name, enabled: view.enabled, state: view.state, changed }, output))
    return
  }
  const now = word === 'set-state' ? `in state ${view.state}` : `${word}d`
  if (!changed) command.print(`Feature view '${name}' is already ${now}.`)
  else if (word === 'set-state') command.print(`Feature view '${name}' state set to ${view.state}.`)
  else command.print(`Feature view '${name}' has been ${now}.`)
}

function readState(text: string): FeatureViewState {
  const state = states.find((each) => each === text.toUpperCase())
  if (state !== undefined) return state
  throw new FeatureStoreError('FTS1103', {
    message: `There is no state "${text}".${suggestion(text, states)}`,
    notes: [`states: ${states.join(', ')}`],
  })
}
