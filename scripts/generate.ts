/**
 * `npm run generate`: re-makes every generated file. With `--check` it re-makes them and fails when one of them differs
 * from what is committed or staged.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Script and the paths it writes. */
const generators: Readonly<Record<string, readonly string[]>> = {
  'scripts/generate-protos.ts': ['proto', 'src/wire/gen'],
  'scripts/generate-schema.ts': ['schema'],
  'scripts/generate-cli.ts': ['docs/cli.md'],
  'scripts/generate-errors.ts': ['docs/errors.md'],
  'scripts/generate-online-stores.ts': ['docs/online-stores.md'],
  'scripts/generate-serving.ts': ['docs/serving.md'],
  'scripts/generate-differences.ts': ['docs/differences-from-feast.md'],
}

for (const script of Object.keys(generators)) {
  const { status } = spawnSync(process.execPath, [script], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${script} failed`)
}

if (process.argv.includes('--check')) {
  const written = Object.values(generators).flat()
  const changed = execFileSync('git', ['status', '--porcelain', '--', ...written], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '' && line[1] !== ' ')
  if (written.length > 0 && changed.length > 0) {
    console.error(`Generated files are not up to date; run \`npm run generate\` and commit:\n${changed.join('\n')}`)
    process.exitCode = 1
  }
}
