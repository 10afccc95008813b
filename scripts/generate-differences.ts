/** Makes `docs/differences-from-feast.md` from the table that the goldens are judged by, and that of `compatibility: feast`. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type CompatibilityArea, type CompatibilityRow, compatibilityTable } from '../src/config/compatibility.ts'
import { type Difference, differences } from '../test/goldens-runner/differences.ts'

const path = fileURLToPath(new URL('../docs/differences-from-feast.md', import.meta.url))

const head = `# Differences from Feast

<!-- Made by scripts/generate-differences.ts from test/goldens-runner/differences.ts and src/config/compatibility.ts; do
     not edit. -->

feast-ts reads and writes what Feast 0.67.0 reads and writes, and gives the same answers. Where Feast's own stores
contradict each other, lose data or depend on chance, it does what this page says. Recordings of real Feast are judged
by the same table (\`npm run goldens -- DIR\`), so what stands here is what is tested. What servers answer is
[at the end](#servers-and-compatibility-feast): there Feast's own answers can be had on request.
`

function section({ title, feast, ours, reason, rules }: Difference): string {
  const recorded = rules.length === 0 ? '' : `\n\nRecorded under: ${rules.map((rule) => `\`${rule}\``).join(', ')}.`
  return `## ${title}\n\n- **Feast:** ${feast}\n- **feast-ts:** ${ours}\n- **Why:** ${reason}${recorded}\n`
}

const areas: Readonly<Record<CompatibilityArea, string>> = {
  read: 'Reads',
  write: 'Writes',
  http: 'HTTP',
  grpc: 'gRPC',
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

function areaTable(area: CompatibilityArea): string {
  const rows = Object.entries<CompatibilityRow>(compatibilityTable).filter(([, row]) => row.area === area)
  const lines = rows.map(
    ([rule, row]) => `| ${cell(row.title)} | ${cell(row.ours)} | ${cell(row.feast)} | \`${rule}\` |`,
  )
  return `### ${areas[area]}\n\n| | feast-ts | Feast, and \`compatibility: feast\` | rule |\n|---|---|---|---|\n${lines.join('\n')}\n`
}

const servers = `## Servers, and \`compatibility: feast\`

Where Feast's servers are wrong, those of feast-ts are right. With \`compatibility: feast\` in \`feature_store.yaml\` all of
the following is as in Feast 0.67.0, for clients that depend on it: values, statuses, HTTP and gRPC codes, and classes of
errors; texts of errors that have no class may differ. Of the command line and of \`store.getOnlineFeatures\` in a program
only statuses change. Python functions of on-demand views are not run in either way; an on-demand view of the same name in the
definitions of the repository, with a function in TypeScript, stands in for one.

`

writeFileSync(
  path,
  [
    head,
    ...differences.map(section),
    `${servers}${Object.keys(areas)
      .map((area) => areaTable(area as CompatibilityArea))
      .join('\n')}`,
  ].join('\n'),
)
