import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { suggestion } from '../../base/suggest.ts'
import type { CommandContext, CommandRow, OptionRow } from '../command.ts'
import { commonOptions, globalOptions } from '../common-options.ts'

const flagsOf = (options: readonly OptionRow[]): readonly string[] =>
  options.flatMap((option) => option.flags.match(/--[\w-]+/g) ?? [])

/** What may stand in the place of a word: words, or names of a kind. */
interface CommandWords {
  readonly path: readonly string[]
  readonly flags: readonly string[]
  /** The kind of its argument. */
  readonly names: string | undefined
  /** Spellings of options and the kind of their value. */
  readonly values: readonly (readonly [spellings: readonly string[], kind: string])[]
}

function wordsOf(row: CommandRow): CommandWords {
  return {
    path: row.path.split(' '),
    flags: flagsOf([...(row.options ?? []), ...commonOptions]),
    names: row.names,
    values: (row.options ?? []).flatMap((option) =>
      option.names === undefined ? [] : [[option.flags.match(/--?[\w-]+/g) ?? [], option.names] as const],
    ),
  }
}

/** Each first word with the words that may follow it; none for a command of one word. */
function groups(commands: readonly CommandWords[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const { path } of commands) found.set(path[0] ?? '', [...(found.get(path[0] ?? '') ?? []), ...path.slice(1)])
  return found
}

/** Options before the command that take a value, which is a path or a word: bash itself offers files for it. */
const globalValues: readonly string[] = globalOptions
  .filter(({ flags }) => flags.includes('<'))
  .flatMap(({ flags }) => flags.match(/--?[\w-]+/g) ?? [])

type Script = (commands: readonly CommandWords[]) => string

/**
 * Names are read from the file of `known-names.ts` by the shell itself: starting a program would take longer than a
 * person waits for a key. Words are cut from the line, as bash takes `view:feature` for three.
 */
const bash: Script = (commands) => {
  const after = groups(commands)
  const cases = commands.map(({ path, flags, names, values }) => {
    const byOption = values.map(
      ([spellings, kind]) => `${spellings.join('|')}) _feast_offer "$(_feast_names ${kind})" ;;`,
    )
    const rest = `_feast_offer "${flags.join('\n')}${names === undefined ? '' : `\n$(_feast_names ${names})`}"`
    return `    "${path.join(' ')}") case "$before" in ${[...byOption, `*) ${rest} ;;`].join(' ')} esac ;;`
  })
  const groupCases = [...after]
    .filter(([, next]) => next.length > 0)
    .map(([word, next]) => `    "${word}") _feast_offer "${next.join('\n')}" ;;`)
  return `_feast_names() {
  local file="\${XDG_CACHE_HOME:-$HOME/.cache}/feast-ts/names/\${_feast_folder//\\//%}" kind name
  [ -f "$file" ] || return 0
  while read -r kind name; do [ "$kind" = "$1" ] && printf '%s\\n' "$name"; done < "$file"
}
_feast_offer() {
  local IFS=$'\\n' shown="\${_feast_current%"\${_feast_current##*:}"}"
  COMPREPLY=($(compgen -W "$1" -- "$_feast_current"))
  COMPREPLY=("\${COMPREPLY[@]#"$shown"}")
}
_feast() {
  local line="\${COMP_LINE:0:COMP_POINT}" words first=1 before _feast_current _feast_folder="$PWD"
  _feast_current="\${line##* }"
  read -r -a words <<< "\${line% *}"
  before="\${words[\${#words[@]}-1]}"
  COMPREPLY=()
  while [[ "\${words[first]}" == -* ]]; do
    case "\${words[first]}" in
      -c|--chdir) _feast_folder="$(cd "\${words[first+1]}" 2>/dev/null && pwd)"; first=$((first+2)) ;;
      ${globalValues.join('|')}) first=$((first+2)) ;;
      *) first=$((first+1)) ;;
    esac
  done
  [ "\${#words[@]}" -lt "$first" ] && return
  if [ "\${#words[@]}" -eq "$first" ]; then
    _feast_offer "${[...after.keys(), ...flagsOf(globalOptions)].join('\n')}"
    return
  fi
  local command="\${words[first]}"
  if [ "\${#words[@]}" -gt "$((first + 1))" ]; then
    case "\${words[first]}" in ${[...after]
      .filter(([, next]) => next.length > 0)
      .map(([word]) => word)
      .join('|')}) command="$command \${words[first+1]}" ;; esac
  fi
  case "$command" in
${[...groupCases, ...cases].join('\n')}
  esac
}
complete -o default -F _feast feast`
}

const zsh: Script = (commands) => `autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`

const fish: Script = (commands) => {
  const after = groups(commands)
  const seen = (path: readonly string[]): string =>
    path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
  return [
    `function __feast_names
  set -l cache $XDG_CACHE_HOME
  test -n "$cache"; or set cache $HOME/.cache
  set -l file $cache/feast-ts/names/(string replace -a / % $PWD)
  test -f $file; and string replace -f -r "^$argv[1] " "" < $file
end`,
    `complete -c feast -f -n __fish_use_subcommand -a "${[...after.keys()].join(' ')}"`,
    ...[...after]
      .filter(([, next]) => next.length > 0)
      .map(
        ([word, next]) =>
          `complete -c feast -f -n "${seen([word])}; and not __fish_seen_subcommand_from ${next.join(' ')}" -a "${next.join(' ')}"`,
      ),
    ...commands.flatMap(({ path, flags, names, values }) => [
      ...(flags.length === 0 ? [] : [`complete -c feast -f -n "${seen(path)}" -a "${flags.join(' ')}"`]),
      ...(names === undefined ? [] : [`complete -c feast -f -n "${seen(path)}" -a "(__feast_names ${names})"`]),
      ...values.map(([spellings, kind]) => {
        const short = spellings.find((spelling) => /^-\w$/.test(spelling))?.slice(1)
        const long = spellings.find((spelling) => spelling.startsWith('--'))?.slice(2)
        return `complete -c feast -x -n "${seen(path)}"${short === undefined ? '' : ` -s ${short}`} -l ${long} -a "(__feast_names ${kind})"`
      }),
    ]),
  ].join('\n')
}

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
  command.print(script(command.commands.map(wordsOf)))
}
