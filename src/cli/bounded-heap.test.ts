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

function sizes(...flags: readonly string[]): { readonly starting: number; readonly serving: number } {
  const output = execFileSync(process.execPath, [...flags, '--input-type=module', '--eval', program], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return JSON.parse(output)
}

describe('the heap of a server', () => {
  test('has hardly any space for new objects while it starts, and a little when it serves', () => {
    const { starting, serving } = sizes()
    expect(starting).toBeLessThanOrEqual(2)
    // How far it grows within a second is V8's affair, and depends on what else the machine does.
    expect(serving).toBeGreaterThan(starting)
    expect(serving).toBeLessThanOrEqual(16)
  })

  test('is left alone when Node was given sizes', () => {
    const { starting } = sizes('--max-semi-space-size=16')
    expect(starting).toBeGreaterThan(8)
  })
})
