import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { CommandContext } from './command.ts'

/**
 * Asks a yes-or-no question; no answer is no. `--yes` answers it.
 * @throws FTS1105 when nobody can answer because the input is not a terminal.
 */
export async function confirm(command: CommandContext, question: string): Promise<boolean> {
  if (command.options.flag('yes')) return true
  const { stdin, stderr } = command.terminal
  if (!stdin.isTTY) {
    throw new FeatureStoreError('FTS1105', {
      message: `feast ${command.path} asks before it goes on, and the input is not a terminal.`,
      hint: 'add --yes to go on without being asked',
    })
  }
  const { createInterface } = await import('node:readline/promises')
  const prompt = createInterface({ input: stdin, output: stderr })
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal: command.signal })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    prompt.close()
  }
}
