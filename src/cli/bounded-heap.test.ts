import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'

/** Sizes in MB of the space for new objects, of a server that starts and of one that serves, each after much was kept for a while. */
const program = `
import { getHeapSpaceStatistics } from 'node:v8'
import { setTimeout as sleep } from 'node:timers/promises'
import { boundHeap, heapOfServer } from ${JSON.stringify(new URL('./bounded-heap.ts', import.meta.url).href)}
const megabytes = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size / 2 ** 20
async function keepMuch() {
  let kept = []
  for (let round = 0; round < 40; round++) {
    for (let item = 0; item < 20_000; item++) kept.push([item])
    if (kept.length > 400_000) kept = []
    await sleep(1)
  }
  return megabytes()
}
const started = boundHeap(heapOfServer)
const starting = await keepMuch()
started()
console.log(JSON.stringify({ starting, serving: await keepMuch() }))
`

interface Sizes {
  readonly starting: number
  readonly serving: number
}

function sizes(...flags: readonly string[]): Sizes {
  const output = execFileSync(process.execPath, [...flags, '--input-type=module', '--eval', program], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return JSON.parse(output)
}

// How far V8 lets the space grow within a second depends on what else the machine does, so sizes are compared.
describe('the heap of a server', { retry: 3 }, () => {
  test('gets less space for new objects than when Node was given sizes, which are left alone, most of all while it starts', () => {
    const bounded = sizes()
    const leftAlone = sizes('--max-semi-space-size=64')
    expect(bounded.starting).toBeLessThan(leftAlone.starting)
    expect(bounded.serving).toBeLessThan(leftAlone.serving)
    expect(bounded.starting).toBeLessThan(bounded.serving)
  })
})
