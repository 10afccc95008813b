// Writes docs/cli.md from the table of commands. Run it again: nothing changes.
import { writeFileSync } from 'node:fs'
import { type CommandRow, helpGroups, type OptionRow } from '../src/cli/command.ts'
import { commandTable } from '../src/cli/command-table.ts'
import { commonOptions, globalOptions } from '../src/cli/common-options.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

function optionTable(options: readonly OptionRow[]): string {
  const rows = options.map((option) => {
    const choices = option.choices === undefined ? '' : ` (${option.choices.join(', ')})`
    const standard = option.default === undefined ? '' : `; default: ${option.default}`
    return `| \`${option.flags}\` | ${cell(option.doc)}${choices}${standard}${option.required ? '; required' : ''} |`
  })
  return `| option | meaning |\n|---|---|\n${rows.join('\n')}\n`
}

function section(row: CommandRow): string {
  const usage = ['feast', row.path, ...(row.arguments ?? []), ...(row.options ? ['[options]'] : [])].join(' ')
  const options = row.options === undefined ? '' : `\n${optionTable(row.options)}`
  const examples = row.examples.map((example) => `feast ${example}`).join('\n')
  return `### \`feast ${row.path}\`\n\n${capital(row.summary)}.\n\n\`\`\`text\n${usage}\n\`\`\`\n${options}
With \`--json\`: ${cell(row.json)}.\n\n\`\`\`sh\n${examples}\n\`\`\`\n`
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const chapters = helpGroups.map((group) => {
  const own = commandTable.filter((row) => row.group === group)
  return `## ${group}\n\n${own.map(section).join('\n')}`
})

const common = new Set(commonOptions.map((option) => option.flags))
const page = `# The command line

<!-- Written by scripts/generate-cli.ts from src/cli/command-table.ts; do not edit. -->

Options before the command:

${optionTable(globalOptions.filter((option) => !common.has(option.flags)))}
Options before or after any command:

${optionTable(commonOptions)}
Results go to stdout; progress, notes, warnings and errors to stderr. Colours appear only on a terminal, and as \`NO_COLOR\`
and \`FORCE_COLOR\` say. An error with \`--json\` is an object \`{error: {code, title, message, where, hint, notes, field}}\`
on stderr.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | failed |
| 2 | the command line is wrong |
| 3 | \`plan --detailed-exitcode\`: there is something to do |
| 130 | Ctrl-C |

## Where it differs from Feast's command

- \`init\` puts everything into one folder; there is no \`feature_repo\` folder inside. It never leaves half a project.
- \`plan\` speaks of what will happen; \`apply\` keeps Feast's words and names data sources too.
- \`teardown\` asks first (\`--yes\` for scripts) and removes this project only, not every project of the registry.
- A failure ends with 1 and a wrong command line with 2, also where Feast prints a sentence and ends with 0. \`delete\` of an
  unknown name is no failure, as in Feast.
- \`configuration\` hides secrets unless \`--show-secrets\` is given.
- \`features list --json\` has the feature's name under \`feature_name\`; Feast swaps the two.
- \`get-historical-features\` prints times as ISO-8601, not as milliseconds, and reads rows from a file with \`-d @FILE\`.
- \`feature-views list\` has stream feature views too. Lists print names, not Python objects.
- A tag that a permission requires has to stand on the object in \`permissions check\` and \`list -v\`; Feast looks for it in a
  place that objects do not have, and so ignores it.
- \`registry-dump\` has projects and validation references too, and does not fail on on-demand views.
- \`get-online-features\` refuses keys with unequal numbers of values; Feast reads as many rows as all of them have.
- An explicit \`--feature-store-yaml\` wins over \`FEATURE_STORE_YAML_BASE64\`.

${chapters.join('\n')}`

writeFileSync(new URL('../docs/cli.md', import.meta.url), page)
