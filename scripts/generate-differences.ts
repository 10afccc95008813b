/** Makes `docs/differences-from-feast.md` from the table that the goldens are judged by. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Difference, differences } from '../test/goldens-runner/differences.ts'

const path = fileURLToPath(new URL('../docs/differences-from-feast.md', import.meta.url))

const head = `# Differences from Feast

<!-- Made by scripts/generate-differences.ts from test/goldens-runner/differences.ts; do not edit. -->

feast-ts reads and writes what Feast 0.67.0 reads and writes, and gives the same answers. Where Feast's own stores
contradict each other, lose data or depend on chance, it does what this page says. Recordings of real Feast are judged
by the same table (\`npm run goldens -- DIR\`), so what stands here is what is tested.
`

function section({ title, feast, ours, reason, rules }: Difference): string {
  const recorded = rules.length === 0 ? '' : `\n\nRecorded under: ${rules.map((rule) => `\`${rule}\``).join(', ')}.`
  return `## ${title}\n\n- **Feast:** ${feast}\n- **feast-ts:** ${ours}\n- **Why:** ${reason}${recorded}\n`
}

writeFileSync(path, [head, ...differences.map(section)].join('\n'))
