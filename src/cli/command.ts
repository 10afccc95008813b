import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { FeatureStore } from '../store/feature-store.ts'
import type { NameKind } from './known-names.ts'
import type { OutputFormat } from './output.ts'
import type { RegistryView } from './read-registry.ts'
import type { Terminal } from './terminal.ts'

/** An option as commander writes it. */
export interface OptionRow {
  /** Such as `-v, --views <name>`. */
  readonly flags: string
  readonly doc: string
  /** May be given several times; the value is a list. */
  readonly repeat?: true
  readonly required?: true
  readonly default?: string
  readonly choices?: readonly string[]
  /** What its value is the name of, for completion. */
  readonly names?: NameKind
}

/** Headings of `feast --help`, in this order. */
export const helpGroups = ['Start', 'Apply', 'Retrieve', 'Materialize', 'Serve', 'Inspect', 'Help'] as const

/** One command. Its module is imported when it runs. */
export interface CommandRow {
  /** The words that call it, such as `feature-views list`. */
  readonly path: string
  readonly group: (typeof helpGroups)[number]
  readonly summary: string
  /** Such as `<name>` or `[start]`. */
  readonly arguments?: readonly string[]
  /** What its first argument is the name of, for completion. */
  readonly names?: NameKind
  readonly options?: readonly OptionRow[]
  /** What `--json` prints, in words, with the names of the keys. */
  readonly json: string
  /** What to type after `feast`; two of them. */
  readonly examples: readonly string[]
  /** How to go on after Ctrl-C; commands without it end at once. */
  readonly resume?: string
  /** Ends by itself after Ctrl-C, in its own time. */
  readonly drains?: true
  readonly load: () => Promise<{ readonly run: RunCommand }>
}

/** Does the command; returns the exit code, 0 when nothing is returned. */
export type RunCommand = (command: CommandContext) => Promise<number | undefined> | Promise<void>

/** Options that come before the command. */
export interface GlobalOptions {
  readonly repoPath: string
  readonly yamlPath: string | undefined
  readonly logLevel: string
  readonly output: OutputFormat | undefined
  readonly debug: boolean
}

/** How a command wants its feature store; the first one that opens it decides. */
export interface StoreWishes {
  /** Default: the command's. */
  readonly logger?: Logger | undefined
  /** Default: the configuration's. See `OpenStoreOptions`. */
  readonly registryTtlSeconds?: number | undefined
}

export interface CommandContext {
  /** The words of the command, such as `feature-views list`. */
  readonly path: string
  /** Every command there is. */
  readonly commands: readonly CommandRow[]
  readonly terminal: Terminal
  readonly globals: GlobalOptions
  readonly arguments: readonly (string | undefined)[]
  readonly options: CommandOptions
  readonly clock: Clock
  readonly logger: Logger
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal
  /** The feature store, opened on first use and closed at the end of the command. */
  store(options?: StoreWishes): Promise<FeatureStore>
  /** The registry alone, for commands that only look. */
  registry(): Promise<RegistryView>
  print(line: string): void
  /** Prints on stderr. */
  note(line: string): void
}

/** Typed access to what commander parsed. */
export class CommandOptions {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  text(name: string): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' ? value : undefined
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  /** True unless `--no-…` was given. */
  switchedOn(name: string): boolean {
    return this.#values[name] !== false
  }

  list(name: string): readonly string[] {
    const value = this.#values[name]
    return Array.isArray(value) ? value.map(String) : []
  }
}
