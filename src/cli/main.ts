import { resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import { type CommandContext, CommandOptions, type GlobalOptions, type StoreWishes } from './command.ts'
import { commandTable } from './command-table.ts'
import { terminalLogger } from './log.ts'
import { outputFormats } from './output.ts'
import { HelpShown, type Invocation, parseArguments } from './program.ts'
import { errorToJson, renderError } from './render-error.ts'
import { processTerminal, type Terminal } from './terminal.ts'

const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** Codes of faults in what was typed. */
const usageCodes: ReadonlySet<string> = new Set(['FTS1101', 'FTS1102', 'FTS1103', 'FTS1104', 'FTS1109'])

/** After these the registry holds other names, and has been read anyway. */
const changesNames: ReadonlySet<string> = new Set(['apply', 'delete'])

/** Runs one command of `feast`; `argv` is without the program's name. Returns the exit code and never throws. */
export async function main(
  argv: readonly string[],
  terminal: Terminal = processTerminal(),
  interruption: Interruption = { controller: new AbortController() },
): Promise<number> {
  let invocation: Invocation | undefined
  const { signal } = interruption.controller
  try {
    invocation = await parseArguments(argv, terminal)
    interruption.resume = invocation.row.resume
    interruption.drains = invocation.row.drains
    return await runCommand(invocation, terminal, signal)
  } catch (error) {
    if (error instanceof HelpShown) return error.asked ? exitCodes.done : exitCodes.usage
    if (signal.aborted) return interrupted(interruption, terminal)
    const debug = argv.includes('--debug')
    const asJson =
      argv.includes('--json') || argv.some((word, at) => /^(--output=json|json)$/.test(word) && isOutput(argv, at))
    const text = asJson
      ? JSON.stringify(errorToJson(error), null, 2)
      : renderError(error, { cwd: terminal.cwd, output: terminal.stderr, debug })
    terminal.stderr.write(`${text}\n`)
    return error instanceof FeatureStoreError && usageCodes.has(error.code) ? exitCodes.usage : exitCodes.failed
  }
}

const isOutput = (argv: readonly string[], at: number): boolean =>
  argv[at] === '--output=json' || argv[at - 1] === '--output'

/** Ctrl-C, and how the command at hand can be gone on with after it. */
interface Interruption {
  readonly controller: AbortController
  resume?: string | undefined
  drains?: true | undefined
}

function interrupted({ resume }: Interruption, terminal: Terminal): number {
  terminal.stderr.write(`\nInterrupted.${resume === undefined ? '' : ` ${resume}`}\n`)
  return exitCodes.interrupted
}

async function runCommand(invocation: Invocation, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const globals = globalOptions(invocation.options, terminal)
  const { run } = await invocation.row.load()
  let opened: Promise<FeatureStore> | undefined
  const logger = terminalLogger(globals.logLevel, terminal.stderr)
  const command: CommandContext = {
    path: invocation.row.path,
    commands: commandTable,
    terminal,
    globals,
    arguments: invocation.arguments,
    options: new CommandOptions(invocation.options),
    clock: systemClock,
    logger,
    signal,
    store: (wishes) => {
      opened ??= openFeatureStore(globals, terminal, { logger, ...wishes })
      return opened
    },
    registry: async () => {
      const { readRegistry } = await import('./read-registry.ts')
      const { repoPath, yamlPath } = globals
      const view = await readRegistry({ repoPath, yamlPath, env: terminal.env, clock: systemClock, logger })
      const { rememberNames } = await import('./known-names.ts')
      await rememberNames(repoPath, terminal.env, view.contents, view.project)
      return view
    },
    print: (line) => terminal.stdout.write(`${line}\n`),
    note: (line) => terminal.stderr.write(`${line}\n`),
  }
  try {
    const code = (await run(command)) ?? exitCodes.done
    if (changesNames.has(invocation.row.path) && opened !== undefined) {
      const store = await opened
      const { rememberNames } = await import('./known-names.ts')
      await rememberNames(globals.repoPath, terminal.env, await store.contents(), store.project)
    }
    return code
  } finally {
    const store = await opened?.catch(() => undefined)
    await store?.close()
  }
}

async function openFeatureStore(
  globals: GlobalOptions,
  terminal: Terminal,
  wishes: StoreWishes,
): Promise<FeatureStore> {
  const { openStore } = await import('../store/open-store.ts')
  const { repoPath, yamlPath } = globals
  return openStore(repoPath, { repoPath, yamlPath, env: terminal.env, clock: systemClock, ...wishes })
}

function globalOptions(options: Readonly<Record<string, unknown>>, terminal: Terminal): GlobalOptions {
  const text = (name: string): string | undefined => {
    const value = options[name]
    return typeof value === 'string' ? value : undefined
  }
  const yamlPath = text('featureStoreYaml') ?? text('config')
  const output = options.json === true ? 'json' : text('output')
  return {
    repoPath: resolve(terminal.cwd, text('chdir') ?? (terminal.env.FEATURE_REPO_DIR_ENV_VAR || '.')),
    yamlPath: yamlPath === undefined ? undefined : resolve(terminal.cwd, yamlPath),
    logLevel: text('logLevel') ?? 'warning',
    output: outputFormats.find((format) => format === output),
    debug: options.debug === true,
  }
}

/** The `feast` program: runs the command line of this process and sets its exit code. */
export async function runAsProcess(): Promise<void> {
  const interruption: Interruption = { controller: new AbortController() }
  const { controller } = interruption
  process.on('SIGINT', () => {
    // The second Ctrl-C, or a command that does not look at the first one, ends at once.
    if (controller.signal.aborted) process.exit(exitCodes.interrupted)
    controller.abort()
    if (interruption.drains) return
    setTimeout(() => process.exit(interrupted(interruption, processTerminal())), 2000).unref()
  })
  // `feast … | head` closes the pipe early; that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  process.exitCode = await main(process.argv.slice(2), processTerminal(), interruption)
}
