import type { Command } from 'commander'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { suggestionHint } from '../base/suggest.ts'
import { type CommandRow, helpGroups, type OptionRow } from './command.ts'
import { commandTable, groupSummaries } from './command-table.ts'
import { commonOptions, globalOptions } from './common-options.ts'
import type { Terminal } from './terminal.ts'

/** A command as it was typed. */
export interface Invocation {
  readonly row: CommandRow
  readonly arguments: readonly (string | undefined)[]
  readonly options: Readonly<Record<string, unknown>>
}

/** The help was printed; `asked` is false when it stands for a command that is missing. */
export class HelpShown extends Error {
  readonly asked: boolean

  constructor(asked: boolean) {
    super('help')
    this.asked = asked
  }
}

/** Finds out what was typed. @throws FTS1101 … FTS1103 for what cannot be understood, {@link HelpShown} after help. */
export async function parseArguments(argv: readonly string[], terminal: Terminal): Promise<Invocation> {
  const commander = await import('commander')
  let invocation: Invocation | undefined
  const invoke = (found: Invocation): void => {
    invocation = found
  }
  const program = buildProgram(new commander.Command('feast'), terminal, invoke, commander)
  try {
    await program.parseAsync(asCommand(argv), { from: 'user' })
  } catch (error) {
    if (error instanceof commander.CommanderError) throw usageError(error, argv, program)
    throw error
  }
  if (invocation === undefined) throw new HelpShown(false)
  return invocation
}

/** What people type out of habit, in the words of this program. */
function asCommand(argv: readonly string[]): readonly string[] {
  if (argv.length === 1 && argv[0] === '--version') return ['version']
  return argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
}

type Commander = typeof import('commander')

function buildProgram(
  program: Command,
  terminal: Terminal,
  invoke: (invocation: Invocation) => void,
  commander: Commander,
): Command {
  program
    .description('The feature store: define features, build training sets, serve the latest values.')
    .usage('[options] <command>')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: () => {},
      getOutHelpWidth: () => terminal.stdout.columns ?? 100,
      getErrHelpWidth: () => terminal.stderr.columns ?? 100,
    })
    .configureHelp({ showGlobalOptions: false, subcommandTerm: (command) => command.name() })
    .helpCommand(false)
    .helpOption('-h, --help', 'show help')
    .optionsGroup('Options:')
    .addHelpText('after', '\nExamples:\n  $ feast init my_project\n  $ feast -c my_project apply')
  addOptions(program, globalOptions, commander)
  for (const group of helpGroups) {
    for (const row of commandTable.filter((each) => each.group === group)) addCommand(program, row, invoke, commander)
  }
  return program
}

function addCommand(
  program: Command,
  row: CommandRow,
  invoke: (invocation: Invocation) => void,
  commander: Commander,
): void {
  const words = row.path.split(' ')
  const name = words.at(-1) ?? ''
  const parent = words.length === 1 ? program : groupCommand(program, words[0] ?? '', row)
  const command = parent.command(name).description(row.summary).allowExcessArguments(false)
  if (words.length === 1) command.helpGroup(`${row.group}:`)
  for (const argument of row.arguments ?? []) command.argument(argument)
  addOptions(command, [...(row.options ?? []), ...commonOptions], commander)
  command.addHelpText('after', `\nWith --json: ${row.json}`)
  command.addHelpText('after', `\nExamples:\n${row.examples.map((example) => `  $ feast ${example}`).join('\n')}`)
  if (row.options?.some(({ flags }) => flags.startsWith('-h,'))) command.helpOption('--help', 'show help')
  const count = row.arguments?.length ?? 0
  command.action((...given: unknown[]) => {
    const positional = given.slice(0, count).map((value) => (typeof value === 'string' ? value : undefined))
    invoke({ row, arguments: positional, options: { ...program.opts(), ...command.opts() } })
  })
}

function groupCommand(program: Command, name: string, row: CommandRow): Command {
  const known = program.commands.find((command) => command.name() === name)
  if (known !== undefined) return known
  return program
    .command(name)
    .description(groupSummaries[name] ?? '')
    .helpGroup(`${row.group}:`)
    .helpCommand(false)
    .helpOption('-h, --help', 'show help')
    .usage('<command>')
}

function addOptions(command: Command, rows: readonly OptionRow[], commander: Commander): void {
  for (const row of rows) {
    const option = new commander.Option(row.flags, row.required ? `${row.doc} (required)` : row.doc)
    if (row.choices) option.choices(row.choices)
    if (row.repeat) option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value])
    if (row.default !== undefined) option.default(row.default)
    if (row.required) option.makeOptionMandatory()
    command.addOption(option)
  }
}

/** Commander's faults in our words. Anything that was printed on purpose, such as help, is not a fault. */
function usageError(
  error: InstanceType<Commander['CommanderError']>,
  argv: readonly string[],
  program: Command,
): Error {
  if (error.exitCode === 0) return new HelpShown(true)
  if (error.code === 'commander.help') return new HelpShown(argv.length === 0)
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? ''
  const command = deepest(program, argv, quoted)
  const path = [command.name(), ...ancestors(command)].reverse().join(' ')
  const help = `all of them: ${path} --help`
  if (error.code === 'commander.unknownCommand') {
    if (path === 'feast' && commandsOfFeast.has(quoted)) {
      return new FeatureStoreError('FTS1101', {
        message: `"feast ${quoted}" is a command of Feast that this version does not have.`,
        notes: [help],
      })
    }
    return new FeatureStoreError('FTS1101', {
      message: `There is no command "${quoted}"${path === 'feast' ? '' : ` in ${path}`}.`,
      hint: suggestionHint(
        quoted,
        command.commands.map((each) => each.name()),
      ),
      notes: [help],
    })
  }
  if (error.code === 'commander.unknownOption') {
    const names = command.options.flatMap((option) => [option.long, option.short].filter((name) => name != null))
    const near = quoted.startsWith('--') ? suggestionHint(quoted, names) : undefined
    const isGlobal = program.options.some((option) => option.long === quoted || option.short === quoted)
    const before = isGlobal ? `it goes before the command: feast ${quoted} … ${path.replace(/^feast /, '')}` : undefined
    return new FeatureStoreError('FTS1102', {
      message: `${path} has no option "${quoted}".`,
      hint: before ?? near,
      notes: [help],
    })
  }
  const text = error.message.replace(/^error: /, '').replace(/\.$/, '')
  return new FeatureStoreError('FTS1103', {
    message: `${path}: ${text}.`,
    notes: [`usage: ${path} ${command.usage()}`],
  })
}

/** Commands of Feast 0.67.0 that are not built into this version. */
const commandsOfFeast: ReadonlySet<string> = new Set([
  'serve_transformations',
  'serve_registry',
  'serve_offline',
  'serve_lineage',
  'ui',
  'mcp',
  'validate',
  'demo-notebooks',
  'dbt',
  'monitor',
  'mlflow',
])

/** The command that the words before the fault lead to. */
function deepest(program: Command, argv: readonly string[], fault: string): Command {
  let command = program
  for (const word of argv) {
    if (word === fault) break
    const next = command.commands.find((each) => each.name() === word)
    if (next !== undefined) command = next
  }
  return command
}

function ancestors(command: Command): readonly string[] {
  return command.parent === null ? [] : [command.parent.name(), ...ancestors(command.parent)]
}
