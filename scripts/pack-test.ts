/**
 * `npm run pack:test`: builds the package, installs its tarball into an empty folder as a user would, and runs the
 * README's quick start there through `npx feast`, and the tests of the example of a plug-in, on the oldest Node that the
 * package supports. What is not in the tarball is not there.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The lower end of `engines` in package.json. Its binary comes from the registry, as that of development does. */
const oldestNode = '22.18.0'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'feast-ts-pack-'))

/** The shell lines of the README between the two marks. */
function quickStart(): readonly string[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const block = /<!-- quick-start -->\s*```sh\n([\s\S]*?)```/.exec(readme)?.[1]
  if (block === undefined) throw new Error('README.md has no quick start')
  return block
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '')
}

/** A shell script: the server of the quick start's repository on a free port, one request, and its end. */
const serveAndAsk = [
  'feast serve --port 0 --json > served.json & server=$!',
  'for try in $(seq 100); do [ -s served.json ] && break; sleep 0.1; done',
  'url=$(node -p "JSON.parse(fs.readFileSync(\\"served.json\\")).http")',
  'curl -s $url/get-online-features -d "{\\"features\\":[\\"driver_hourly_stats:conv_rate\\"],\\"entities\\":{\\"driver_id\\":[4242]}}"',
  'kill $server; wait $server; echo; echo "ended with $?"',
].join('\n')

function run(command: string, cwd: string): string {
  console.log(`$ ${command}`)
  const output = execFileSync('bash', ['-c', command], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    // Outside this repository nothing of it may be found, and nothing may be fetched that the tarball lacks.
    env: { ...process.env, npm_config_yes: 'false', XDG_CACHE_HOME: join(folder, '.cache') },
  })
  process.stdout.write(`${output.replace(/^/gm, '  ').trimEnd()}\n`)
  return output
}

const expectations: readonly (readonly [line: RegExp, output: RegExp])[] = [
  [/feast apply/, /Created feature view/],
  [/feast materialize-incremental/, /Materializing \d+ feature views/],
  [/feast get-online-features/, /1001/],
]

let passed = 0
let failed = 0
function check(name: string, holds: boolean): void {
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${name}`)
  if (holds) passed++
  else failed++
}

try {
  run('npm run --silent build', root)
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root, encoding: 'utf8' }),
  ) as { filename: string; size: number; files: { path: string }[] }[]
  if (packed === undefined) throw new Error('npm pack made nothing')
  const tarball = join(folder, packed.filename)
  const stray = packed.files
    .map((file) => file.path)
    .filter((path) => /\.test\.|(^|\/)test\/|\.tsbuildinfo$/.test(path) && !path.startsWith('templates/'))
  check(
    `the tarball holds no tests of ours (${packed.files.length} files, ${Math.round(packed.size / 1024)} kB)`,
    stray.length === 0,
  )

  const home = join(folder, 'empty')
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n')
  run(`npm install --no-audit --no-fund node@${oldestNode} ${tarball}`, home)
  check(`the commands run on Node ${oldestNode}`, run('npx --no -- node --version', home).trim() === `v${oldestNode}`)

  let cwd = home
  for (const line of quickStart()) {
    const change = /^cd (\S+)$/.exec(line)?.[1]
    if (change !== undefined) {
      cwd = join(cwd, change)
      continue
    }
    // The package is not on the registry while it is tested; its tarball is.
    const command = line
      .replace(/^npx feast-ts /, 'npx --no feast ')
      .replace(/^npx feast /, 'npx --no feast ')
      .replace(/^npm install$/, `npm install --no-audit --no-fund ${tarball}`)
    const output = run(command, cwd)
    for (const [about, expected] of expectations) {
      if (about.test(line)) check(`\`${line}\` prints ${expected}`, expected.test(output))
    }
  }
  check('the quick start left an online store behind', existsSync(join(cwd, 'data/online_store.db')))

  const served = run(`npx --no -c '${serveAndAsk}'`, cwd)
  check('`feast serve` answers, and ends with 0 on SIGTERM', /"NOT_FOUND"[\s\S]*ended with 0/.test(served))

  const shelf = join(home, 'shelf')
  cpSync(join(root, 'examples/online-store-plugin'), shelf, { recursive: true })
  const tested = run('npx --no -- node --test --test-reporter=tap | grep "^# "', shelf)
  check('the example of a plug-in passes the published conformance suite', /^# fail 0$/m.test(tested))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  failed++
} finally {
  rmSync(folder, { recursive: true, force: true })
}

console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
