import { rename, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isEmptyPlan, planToJson, writePlan } from '../../registry/plan.ts'
import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'
import { printPlan } from '../print-plan.ts'
import { warnOfDoubtfulKeys } from '../warn-of-doubtful-keys.ts'

/** The exit code of `--detailed-exitcode` when there is something to do. */
const exitChanges = 3

export async function run(command: CommandContext): Promise<number> {
  const { options, terminal } = command
  await warnOfDoubtfulKeys(command)
  const store = await command.store()
  const plan = await store.plan(undefined, {
    skipSourceValidation: options.flag('skipSourceValidation'),
    noPromote: !options.switchedOn('promote'),
  })
  for (const warning of plan.warnings) command.logger.warn(warning)
  const { output = 'table' } = command.globals
  if (output === 'table') printPlan(command, plan, 'planned')
  else command.print(await renderData(planToJson(plan), output))
  const out = options.text('out')
  if (out !== undefined) {
    const path = resolve(terminal.cwd, out)
    await writeFile(`${path}.part`, writePlan(plan))
    await rename(`${path}.part`, path)
    command.note(`Plan written to ${path}. Do it with: feast apply --plan ${out}`)
  }
  return options.flag('detailedExitcode') && !isEmptyPlan(plan) ? exitChanges : 0
}
