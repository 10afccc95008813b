import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { type Plan, planToJson, readPlan } from '../../registry/plan.ts'
import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'
import { printPlan } from '../print-plan.ts'
import { warnOfDoubtfulKeys } from '../warn-of-doubtful-keys.ts'

export async function run(command: CommandContext): Promise<void> {
  const { options } = command
  await warnOfDoubtfulKeys(command)
  const store = await command.store()
  const { output = 'table' } = command.globals
  const file = options.text('plan')
  const made = file === undefined ? undefined : await planFrom(resolve(command.terminal.cwd, file))
  if (output === 'table') command.print(`Applying changes for project ${store.project}`)
  const plan = await store.apply(made, {
    skipSourceValidation: options.flag('skipSourceValidation'),
    noPromote: !options.switchedOn('promote'),
  })
  for (const warning of plan.warnings) command.logger.warn(warning)
  if (output === 'table') printPlan(command, plan, 'done')
  else command.print(await renderData(planToJson(plan), output))
}

async function planFrom(path: string): Promise<Plan> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new FeatureStoreError('FTS1107', {
      message: `The plan ${path} cannot be read.`,
      notes: ['make one with: feast plan --out FILE'],
      cause,
    })
  }
  return readPlan(text, path)
}
