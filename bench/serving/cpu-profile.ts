import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
}

interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

/** Functions of Node that do nothing but call the system to send. */
const sending: ReadonlySet<string> = new Set(['writev', 'writeBuffer', 'writeUtf8String', 'writeLatin1String'])

/** Where a function belongs; the first row that fits says it. */
const parts: readonly { readonly name: string; readonly has: (frame: ProfileNode['callFrame']) => boolean }[] = [
  { name: 'calls of the system that send answers and commands', has: ({ functionName: name }) => sending.has(name) },
  { name: 'garbage collection', has: ({ functionName }) => functionName === '(garbage collector)' },
  { name: 'receiving, and what else Node and V8 do natively', has: ({ functionName }) => functionName === '(program)' },
  { name: 'HTTP and sockets in Node', has: ({ url }) => url.startsWith('node:') },
  { name: 'fastify', has: ({ url }) => /node_modules\/(fastify|find-my-way|avvio|fast-|@fastify)/.test(url) },
  { name: 'our Redis client', has: ({ url }) => /\/online\//.test(url) },
  {
    name: 'writing the answer',
    has: ({ url }) => /encode-online-features|event-time-text|json-writer|cell-json/.test(url),
  },
  { name: 'plan, keys and statuses', has: ({ url }) => /\/(store|registry)\//.test(url) },
  { name: 'route, limits and metrics', has: ({ url }) => /\/serve\//.test(url) },
]

const idle: ReadonlySet<string> = new Set(['(idle)', '(root)'])

/** Shares of the busy time after the first `fromMillis`, largest first, of the one profile that Node left in a folder. */
export function profiledShares(
  folder: string,
  fromMillis: number,
): readonly (readonly [part: string, share: number])[] {
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))
  const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const micros = new Map<string, number>()
  let [at, busy] = [0, 0]
  for (const [index, id] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0
    at += delta
    const frame = frames.get(id)
    if (at < fromMillis * 1000 || frame === undefined || idle.has(frame.functionName)) continue
    const part = parts.find(({ has }) => has(frame))?.name ?? 'the rest'
    micros.set(part, (micros.get(part) ?? 0) + delta)
    busy += delta
  }
  return [...micros].map(([part, time]) => [part, time / busy] as const).sort((a, b) => b[1] - a[1])
}
