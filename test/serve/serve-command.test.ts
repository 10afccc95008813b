import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates } from '../services/certificates.ts'
import { FeastProcess } from './feast-process.ts'
import { RidesRepository } from './rides-repository.ts'

let repository: RidesRepository

beforeAll(async () => {
  repository = await RidesRepository.make()
})

afterAll(() => repository[Symbol.asyncDispose]())

const wanted = { features: ['stats:rate'], entities: { driver_id: [7] } }

async function rate(http: string): Promise<unknown> {
  const answer = await fetch(`${http}/get-online-features`, { method: 'POST', body: JSON.stringify(wanted) })
  return ((await answer.json()) as { readonly results: readonly { readonly values: unknown }[] }).results[1]?.values
}

/** Runs a command that should fail; its exit code and what it said. */
async function failing(...argv: readonly string[]): Promise<{ readonly code: unknown; readonly log: string }> {
  await using process = FeastProcess.start(repository.folder, 'serve', ...argv)
  const code = await process.end()
  return { code, log: process.log }
}

describe('feast serve', () => {
  test('says on stderr what is served where and how to try it, and logs requests as JSON lines', async () => {
    await using server = FeastProcess.start(
      repository.folder,
      'serve',
      '-p',
      '0',
      '--grpc-port',
      '0',
      '--metrics-port',
      '0',
    )
    while (!server.log.includes('curl')) await sleep(20)
    const [, http] = /HTTP +(http:\/\/127\.0\.0\.1:\d+) /.exec(server.log) ?? []
    expect(server.log).toMatch(/^Serving project rides: feature views 1, feature services 0; one process\n/)
    expect(server.log).toMatch(/\n {2}gRPC {5}127\.0\.0\.1:\d+ /)
    const [, metrics] = /\n {2}metrics {2}(http:\/\/127\.0\.0\.1:\d+)\/metrics\n/.exec(server.log) ?? []
    const [, url, body] = /\n {2}curl -s (\S+) -d '(.*)'\n/.exec(server.log) ?? []
    expect(url).toBe(`${http}/get-online-features`)
    const headers = { 'x-request-id': 'try-1' }
    const answer = await fetch(url ?? '', { method: 'POST', body: body ?? '', headers })
    expect(answer.status).toBe(200)
    const text = await (await fetch(`${metrics}/any`)).text()
    expect(text).toContain('feast_online_features_request_total 1')
    while (!server.log.includes('try-1')) await sleep(20)
    const line = server.log.split('\n').find((each) => each.includes('try-1')) ?? ''
    expect(JSON.parse(line)).toMatchObject({
      level: 'info',
      msg: 'request',
      request_id: 'try-1',
      method: 'POST',
      path: '/get-online-features',
      status: 200,
      ms: expect.any(Number),
    })
  })

  test.each([
    ['--key without --cert', ['--key', 'k.pem'], 2, '--key is given without --cert; TLS needs both'],
    ['--cert without --key', ['-c', 'c.pem'], 2, '--cert is given without --key; TLS needs both'],
    ['a port that is none', ['-p', '70000'], 2, '--port must be a whole number from 0 to 65535, not "70000"'],
    ['no workers at all', ['-w', '0'], 2, '--workers must be 1 or more, or -1'],
    ['a type that is none', ['-t', 'ftp'], 2, 'Allowed choices are http, grpc'],
    ['an address of another machine', ['-h', '192.0.2.1'], 1, 'this machine does not have that address'],
    ['a host that does not exist', ['-h', 'no.such.host.invalid'], 1, 'no.such.host.invalid'],
    ['a certificate that is not there', ['-k', 'k.pem', '-c', 'c.pem'], 1, 'k.pem cannot be read'],
  ])('refuses %s with one clear error', async (_, argv, code, words) => {
    const failed = await failing(...argv)
    expect(failed.code, failed.log).toBe(code)
    expect(failed.log.replace(/\n {2,}(?!=)/g, ' ')).toContain(words)
    expect(failed.log.match(/^error FTS\d{4}/gm)).toHaveLength(1)
  })

  test.each([[[]], [['--workers', '2']]])('refuses a port that is taken %j', async (flags) => {
    await using taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const failed = await failing('-p', String(port), ...flags)
    expect(failed.code).toBe(1)
    expect(failed.log).toContain('error FTS7008')
    expect(failed.log).toContain('another program has it')
    expect(failed.log.match(/^error /gm)).toHaveLength(1)
  })

  test('refuses a port of gRPC that is taken, and says nothing beside that', async () => {
    await using taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const failed = await failing('-p', '0', '--grpc-port', String((taken.address() as AddressInfo).port))
    expect(failed.log).toMatch(/^error FTS7008 .*\n/)
  })

  test.each([
    ['auth: {type: oidc, auth_discovery_url: "http://127.0.0.1:1", client_id: x}', 'FTS7014'],
    ['online_store: {type: cassandra}', 'FTS8001'],
    ['online_store: {type: ./no-such-store.ts}', 'FTS8003'],
  ])('refuses to start with %s', async (line, code) => {
    const yaml = join(repository.folder, `${code}.yaml`)
    await writeFile(yaml, `project: rides\nregistry: registry.db\n${line}\n`)
    await using process = FeastProcess.start(repository.folder, '-f', yaml, 'serve', '-p', '0')
    expect(await process.end()).toBe(1)
    expect(process.log).toMatch(new RegExp(`^error ${code} `))
  })

  test('refuses a registry that is not there', async () => {
    const yaml = join(repository.folder, 'other.yaml')
    await writeFile(yaml, 'project: rides\nregistry: no-such/registry.db\n')
    await using process = FeastProcess.start(repository.folder, '-f', yaml, 'serve', '-p', '0')
    expect(await process.end()).toBe(1)
    expect(process.log.match(/^error FTS\d{4}/gm)).toHaveLength(1)
  })

  test('serves TLS', async () => {
    const { key, certificate, authority } = makeCertificates(repository.folder)
    const ca = await readFile(authority)
    for (const workers of ['1', '2']) {
      const flags = ['--key', key, '--cert', certificate, '--workers', workers]
      const { server, addresses } = await FeastProcess.serve(repository.folder, ...flags)
      await using _running = server
      expect(addresses.http).toMatch(/^https:/)
      const sending = request(`${addresses.http}/get-online-features`, { method: 'POST', ca })
      sending.end(JSON.stringify(wanted))
      const [answer] = await once(sending, 'response')
      expect(answer.statusCode).toBe(200)
      answer.resume()
    }
  })
})

/** The process ids of workers. */
function childrenOf({ child }: FeastProcess): readonly number[] {
  try {
    const listed = execFileSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)], { encoding: 'utf8' })
    return listed.split('\n').map(Number).filter(Boolean)
  } catch {
    // It has none.
    return []
  }
}

describe('with workers', () => {
  test('the port is shared, metrics are those of all, and a worker that dies is replaced', async () => {
    const { server, addresses } = await FeastProcess.serve(repository.folder, '--workers', '2', '--no-access-log')
    await using running = server
    const { http } = addresses
    for (let request = 0; request < 12; request++) expect(await rate(http)).toEqual([0.07])
    const count = async (): Promise<number> => {
      const text = await (await fetch(`${http}/metrics`)).text()
      return Number(/feast_online_request_latency_count\{endpoint="\/get-online-features"\} (\d+)/.exec(text)?.[1])
    }
    expect(await count()).toBe(12)
    const pids = childrenOf(running)
    expect(pids).toHaveLength(2)
    process.kill(pids[0] ?? 0, 'SIGKILL')
    while (!running.log.includes('another one takes its place')) await sleep(20)
    for (let request = 0; request < 6; request++) expect(await rate(http)).toEqual([0.07])
    expect(await count()).toBeGreaterThanOrEqual(18)
    const started = performance.now()
    running.child.kill('SIGTERM')
    expect(await running.end()).toBe(0)
    // Whether the new worker has started by then or not.
    expect(performance.now() - started).toBeLessThan(8000)
  })

  test('that die again and again a server ends when it is told to, and not when it would replace them', async () => {
    const { server } = await FeastProcess.serve(repository.folder, '--workers', '2', '--no-access-log')
    await using running = server
    while (!running.log.includes('"wait_ms":3200')) {
      for (const pid of childrenOf(running)) process.kill(pid, 'SIGKILL')
      await sleep(20)
    }
    const started = performance.now()
    running.child.kill('SIGTERM')
    expect(await running.end()).toBe(0)
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('that cannot start nothing is served, and it is said why', async () => {
    const { folder } = repository
    const [key, cert] = [join(folder, 'bad-key.pem'), join(folder, 'bad-cert.pem')]
    await Promise.all([key, cert].map((path) => writeFile(path, 'no PEM')))
    const failed = await failing('-p', '0', '--workers', '2', '-k', key, '-c', cert)
    expect(failed.code).toBe(1)
    expect(failed.log).toContain('error FTS7012')
  })
})
