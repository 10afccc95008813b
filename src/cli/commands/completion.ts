import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { suggestion } from '../../base/suggest.ts'
import type { CommandContext, CommandRow } from '../command.ts'

/** The words of each level: first words, and what may follow each of them. */
function words(commands: readonly CommandRow[]): {
  readonly first: readonly string[]
  readonly after: ReadonlyMap<string, readonly string[]>
} {
  const after = new Map<string, string[]>()
  for (const { path, options } of commands) {
    const [first = '', second] = path.split(' ')
    const flags = (options ?? []).flatMap((option) => option.flags.match(/--[\w-]+/g) ?? [])
    after.set(first, [...(after.get(first) ?? []), ...(second === undefined ? flags : [second])])
  }
  return { first: [...after.keys()], after }
}

type Script = (known: ReturnType<typeof words>) => string

const bash: Script = ({ first, after }) => `_feast() {
  local current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}" in
${[...after].map(([word, next]) => `    ${word}) COMPREPLY=($(compgen -W "${next.join(' ')}" -- "$current")) ;;`).join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${first.join(' ')}" -- "$current")); fi
}
complete -F _feast feast`

const zsh: Script = (known) => `autoload -U +X bashcompinit && bashcompinit\n${bash(known)}`

const fish: Script = ({ first, after }) =>
  [
    `complete -c feast -f -n __fish_use_subcommand -a "${first.join(' ')}"`,
    ...[...after]
      .filter(([, next]) => next.length > 0)
      .map(([word, next]) => `complete -c feast -f -n "__fish_seen_subcommand_from ${word}" -a "${next.join(' ')}"`),
  ].join('\n')

const scripts: Readonly<Record<string, Script>> = { bash, zsh, fish }

export async function run(command: CommandContext): Promise<void> {
  const [shell = ''] = command.arguments
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined
  if (script === undefined) {
    throw new FeatureStoreError('FTS1103', {
      message: `There is no completion for "${shell}".${suggestion(shell, Object.keys(scripts))}`,
      notes: [`shells: ${Object.keys(scripts).join(', ')}`],
    })
  }
  command.print(script(words(command.commands)))
}
