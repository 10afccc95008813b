/**
 * `npm run services`: installs the servers that tests start, as far as this machine lets us: Debian packages where we
 * are root, and the jars of DynamoDB Local wherever Maven is. No server is left running.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  dynamodbJars,
  dynamodbVersion,
  findProgram,
  missingFor,
  needs,
  program,
  type ServiceName,
} from '../test/services/programs.ts'

const names = Object.keys(needs) as ServiceName[]

const packages = new Set(
  names.flatMap((name) => {
    const { programs, packages } = needs[name]
    return programs.every((each) => findProgram(each) !== undefined) ? [] : packages
  }),
)
if (!existsSync(dynamodbJars) && findProgram('mvn') === undefined) packages.add('maven')
if (packages.size > 0) installPackages([...packages])
if (!existsSync(dynamodbJars) && findProgram('mvn') !== undefined) fetchDynamodb()

const missing = names.flatMap((name) => missingFor(name) ?? [])
for (const each of missing) console.error(each)
console.log(missing.length === 0 ? 'All services are installed.' : `${missing.length} services are not installed.`)
process.exitCode = missing.length === 0 ? 0 : 1

function installPackages(list: readonly string[]): void {
  if (process.getuid?.() !== 0 || findProgram('apt-get') === undefined) {
    console.error(`Install yourself: ${list.join(' ')}`)
    return
  }
  console.log(`Installing ${list.join(' ')} …`)
  // Without a run level, packages do not start their daemons; tests start their own on free ports.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    const apt = (...args: readonly string[]): boolean =>
      spawnSync(program('apt-get'), args, { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
    const install = ['install', '-y', '--no-install-recommends', ...list]
    if (!apt(...install) && apt('update')) apt(...install)
  } finally {
    if (ours) rmSync(policy)
  }
}

function fetchDynamodb(): void {
  console.log(`Fetching DynamoDB Local ${dynamodbVersion} …`)
  mkdirSync(dirname(dynamodbJars), { recursive: true })
  const folder = mkdtempSync(`${dynamodbJars}-`)
  writeFileSync(
    join(folder, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>feast-ts</groupId>
  <artifactId>dynamodb-local</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.amazonaws</groupId>
      <artifactId>DynamoDBLocal</artifactId>
      <version>${dynamodbVersion}</version>
    </dependency>
  </dependencies>
</project>
`,
  )
  try {
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(folder, 'lib')}`]
    execFileSync(program('mvn'), ['-q', '-B', ...goal], { cwd: folder, stdio: 'inherit' })
    // Whole or not at all: a folder half filled would pass for an installation.
    if (!existsSync(dynamodbJars)) renameSync(join(folder, 'lib'), dynamodbJars)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
