import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { definitionErrors } from '../../src/base/errors/definition-errors.ts'
import { materializeErrors } from '../../src/base/errors/materialize-errors.ts'
import { onlineErrors } from '../../src/base/errors/online-errors.ts'
import { registryErrors } from '../../src/base/errors/registry-errors.ts'
import { servingErrors } from '../../src/base/errors/serving-errors.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { defaultLimits, servingLimits } from '../../src/serve/serving-settings.ts'
import { statusNames } from '../../src/store/feature-status.ts'
import {
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '../../src/wire/gen/grpc/reflection/v1/reflection_pb.ts'
import { TestClient } from '../grpc/test-client.ts'
import { FeastProcess } from './feast-process.ts'

const program = fileURLToPath(new URL('../../bin/feast.mjs', import.meta.url))
let page: string
let folder: string
let server: FeastProcess
let http: string
let grpc: string

/** The blocks of the page in one language, in order. */
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text = '']) => text)

/** The part of the page under a heading. */
const chapter = (title: string): string => page.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? ''

async function run(file: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: join(folder, '.cache') }
  const { stdout } = await promisify(execFile)(file, args, { cwd: folder, env })
  return stdout
}

beforeAll(async () => {
  page = await readFile(new URL('../../docs/serving.md', import.meta.url), 'utf8')
  folder = await mkdtemp(join(tmpdir(), 'serving-page-'))
  const feast = (...args: readonly string[]): Promise<string> => run(process.execPath, program, ...args)
  await feast('init', 'rides')
  const repository = join(folder, 'rides')
  await feast('-c', repository, 'apply')
  await feast('-c', repository, 'materialize-incremental', new Date().toISOString().slice(0, 19))
  const started = await FeastProcess.serve(repository, '--metrics-port', '0', '--grpc-port', '0')
  server = started.server
  http = started.addresses.http
  grpc = started.addresses.grpc ?? ''
})

afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

describe('docs/serving.md', () => {
  test('shows requests with the answers that the server gives', async () => {
    const examples = [...page.matchAll(/```sh\n(curl [\s\S]*?)```\s*```json\n([\s\S]*?)```/g)]
    expect(examples).toHaveLength(page.match(/^curl /gm)?.length ?? 0)
    expect(examples.length).toBeGreaterThan(6)
    // What moves: times of events, and the age of the registry.
    const settled = (text: string): unknown =>
      JSON.parse(text.replace(/"20\d\d-[^"]+Z"/g, '"a time"').replace(/"age_seconds": ?[\d.]+/, '"age_seconds": 1'))
    for (const [, command = '', shown = ''] of examples) {
      const answer = await run('bash', '-c', command.replace('http://127.0.0.1:6566', http))
      expect(settled(answer), command).toEqual(settled(shown))
    }
  })

  test('names every route, and none that there is not', async () => {
    const { paths } = (await (await fetch(`${http}/openapi.json`)).json()) as { paths: Record<string, object> }
    const described = Object.keys(paths).filter((path) => path !== '/' && !path.includes('{'))
    const table = chapter('Routes').split('\n\n')[1] ?? ''
    const named = [...table.matchAll(/`(?:GET |POST )?(\/[a-z.-]+)`/g)].map(([, path]) => path)
    expect(named.toSorted()).toEqual(described.toSorted())
  })

  test('names the metrics that the server has', async () => {
    const metrics = await (await fetch(`${http}/metrics`)).text()
    const published = [...metrics.matchAll(/^# TYPE (feast_\S+)/gm)].map(([, name]) => name)
    const named = [...chapter('Metrics').matchAll(/`(feast_[a-z_]+)/g)].map(([, name]) => name)
    // Two of the table are written as ends of the name before.
    expect(chapter('Metrics')).toContain('`feast_registry_age_seconds`, `_stale`, `_refresh_failures_total`')
    named.push('feast_registry_stale', 'feast_registry_refresh_failures_total')
    expect(named.toSorted()).toEqual(published.toSorted())
  })

  test('says the defaults of limits that the server has', () => {
    const shown = parse(blocks('yaml')[0] ?? '') as object
    expect(servingLimits(parseConfig({ project: 'p', registry: 'r.db', ...shown }))).toEqual(defaultLimits)
    const written = [...page.matchAll(/`serving\.limits\.\w+` \| \w+ \| `(\d+)`/g)].map(([, value]) => Number(value))
    expect(written).toEqual(Object.values(defaultLimits))
  })

  test('has every status of a value', () => {
    const named = [...chapter('Routes').matchAll(/^\| `([A-Z_]+)` /gm)].map(([, name]) => name)
    expect(named.toSorted()).toEqual(statusNames.filter((name) => named.includes(name)).toSorted())
    expect(named).toHaveLength(4)
  })

  test('pairs the statuses of HTTP and gRPC as the codes do', () => {
    const entries = Object.values({
      ...definitionErrors,
      ...materializeErrors,
      ...onlineErrors,
      ...registryErrors,
      ...servingErrors,
    })
    const rows = [...page.matchAll(/^\| ([\d, ]+?) +\| `([A-Z_]+)` /gm)]
    expect(rows).toHaveLength(8)
    for (const [, statuses = '', grpc] of rows) {
      for (const status of statuses.split(', ').map(Number)) {
        expect(
          entries.some((entry) => entry.http === status && entry.grpc === grpc),
          `${status} ${grpc}`,
        ).toBe(true)
      }
    }
  })

  test('names the gRPC services, with their methods', async () => {
    const client = new TestClient(Number(grpc.split(':').at(-1)))
    const listServices = { messageRequest: { case: 'listServices' as const, value: '' } }
    const request = Buffer.from(
      toBinary(ServerReflectionRequestSchema, create(ServerReflectionRequestSchema, listServices)),
    )
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
    const [answer = Buffer.alloc(0)] = await client.exchange(path, [request])
    const { messageResponse } = fromBinary(ServerReflectionResponseSchema, answer)
    const served = messageResponse.case === 'listServicesResponse' ? messageResponse.value.service : []
    const rows = [...chapter('gRPC').matchAll(/^\| (`\w+[.\w]*`.*?) \| (.*) \|$/gm)]
    const namesIn = (cell = ''): readonly string[] =>
      [...cell.matchAll(/`([A-Z]\w+|[a-z]+\.[\w.]+)`/g)].map(([, name = '']) => name)
    expect(rows.flatMap(([, names]) => namesIn(names)).toSorted()).toEqual(served.map(({ name }) => name).toSorted())
    for (const [, names, methods] of rows.slice(0, 2)) {
      for (const method of namesIn(methods)) {
        const ended = await client.call(`/${namesIn(names)[0]}/${method}`, Buffer.alloc(0)).catch(({ code }) => code)
        expect(ended, method).not.toBe(12)
      }
    }
    client.close()
  })

  test('has probes that ask paths which answer', async () => {
    const [container] = (parse(blocks('yaml')[1] ?? '') as { containers: Record<string, never>[] }).containers
    const probes = Object.entries(container ?? {}).filter(([name]) => name.endsWith('Probe'))
    expect(probes).toHaveLength(2)
    for (const [, { httpGet }] of probes as [string, { httpGet: { path: string; port: string } }][]) {
      expect(httpGet.port).toBe('http')
      expect((await fetch(http + httpGet.path)).status).toBe(200)
    }
  })
})
