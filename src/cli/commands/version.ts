import { packageVersion } from '../../base/package-version.ts'
import type { CommandContext } from '../command.ts'
import { renderData } from '../output.ts'

/** The version of Feast whose formats and names this version reads and writes. */
const feastVersion = '0.67.0'

export async function run(command: CommandContext): Promise<void> {
  const version = await packageVersion()
  const { output = 'table' } = command.globals
  if (output === 'table') command.print(`Feast SDK Version: "${version}" (feast-ts, formats of Feast ${feastVersion})`)
  else command.print(await renderData({ version, feastVersion, node: process.versions.node }, output))
}
