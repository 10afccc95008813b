import { setTimeout as sleep } from 'node:timers/promises'
import { unlessAborted } from '../../base/unless-aborted.ts'
import type { CommandWriter } from './command-writer.ts'
import { redirectionOf } from './redirection.ts'
import type { RedisConnection } from './redis-driver.ts'
import { ConnectionLost, isPassing, ServerRefusal } from './redis-errors.ts'
import type { RedisNode } from './redis-node.ts'
import type { RedisTopology } from './redis-topology.ts'
import type { RedisReply } from './reply-reader.ts'

/** How long a write waits for a server that is restarted or replaced. It may be repeated without harm. */
const patienceMs = 5000
const longestPauseMs = 200

/** Commands about keys of one slot, that may be sent again when it is not known whether they arrived. */
export interface KeyedCommands {
  readonly key: Uint8Array
  readonly commands: readonly ((writer: CommandWriter) => void)[]
}

/**
 * Sends commands to the server that keeps their key, wherever that is by now.
 * @returns their replies.
 * @throws ServerRefusal and ConnectionLost, of the last attempt.
 */
export async function sendToKeeper(
  topology: RedisTopology,
  { key, commands }: KeyedCommands,
  signal: AbortSignal | undefined,
): Promise<readonly RedisReply[]> {
  let giveUpAt = 0
  let target: { readonly node: RedisNode; readonly isAsking: boolean } | null = null
  for (let pauses = 0; ; ) {
    signal?.throwIfAborted()
    let node: RedisNode | undefined
    try {
      if (!topology.isKnown) await topology.discover(signal)
      node = target?.node ?? topology.nodeOf(key)
      const connection = node.connection ?? (await node.connect(signal))
      return await sendAll(connection, commands, target?.isAsking === true, signal)
    } catch (error) {
      const redirection = error instanceof ServerRefusal ? redirectionOf(error) : null
      giveUpAt ||= performance.now() + patienceMs
      if (error instanceof ConnectionLost) topology.forget()
      if (!isPassing(error) || performance.now() > giveUpAt) throw error
      target = null
      if (redirection !== null && node !== undefined) {
        target = { node: topology.redirected(redirection, node), isAsking: redirection.kind === 'ASK' }
      } else {
        topology.forget()
        await unlessAborted(sleep(Math.min(longestPauseMs, 5 * 2 ** pauses++)), signal)
      }
    }
  }
}

async function sendAll(
  connection: RedisConnection,
  commands: KeyedCommands['commands'],
  isAsking: boolean,
  signal: AbortSignal | undefined,
): Promise<readonly RedisReply[]> {
  for (const write of commands) {
    if (isAsking) connection.writer.command(['ASKING'])
    write(connection.writer)
  }
  if (!isAsking) return connection.replies(commands.length, signal)
  const replies = await connection.replies(2 * commands.length, signal)
  return replies.filter((_, index) => index % 2 === 1)
}
