import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FeastProcess } from './feast-process.ts'
import { type Outcome, sendUntilClosed } from './process-requests.ts'
import { RidesRepository } from './rides-repository.ts'

let repository: RidesRepository

beforeAll(async () => {
  repository = await RidesRepository.make()
})

afterAll(() => repository[Symbol.asyncDispose]())

const wanted = { features: ['stats:rate'], entities: { driver_id: [7] } }
const clients = 12

describe.each([
  ['SIGTERM', 'one process', []],
  ['SIGINT', 'one process', []],
  ['SIGTERM', 'two workers', ['--workers', '2']],
] as const)('after %s under load, %s', (signal, _, flags) => {
  test('answers every request that reached it, takes no more, and ends with 0', async () => {
    const { server, addresses } = await FeastProcess.serve(repository.folder, '--no-access-log', ...flags)
    await using running = server
    let over = false
    const url = `${addresses.http}/get-online-features`
    let asked = 0
    const isOver = (): boolean => {
      asked += 1
      return over
    }
    const loads = Array.from({ length: clients }, () => sendUntilClosed(url, wanted, isOver))
    // All workers are busy, also where two of them share a slow machine.
    while (asked < clients * 30) await sleep(10)
    running.child.kill(signal)
    const code = await running.end()
    over = true
    const outcomes = (await Promise.all(loads)).flat()
    const faults = outcomes.filter(({ status }) => status !== 200)
    expect(faults.map(({ status, fault, sent }: Outcome) => ({ status, fault, sent }))).toEqual([])
    expect(new Set(outcomes.map(({ body }) => body)).size).toBe(1)
    expect(outcomes.length).toBeGreaterThan(clients * 10)
    expect(code, running.log).toBe(0)
  })
})
