import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'

/**
 * How long idle connections may stay open: a client that sends a request on one in this time still gets its answer, and
 * is told to close. A connection that was closed at once could cross with a request on its way.
 */
const lingerMillis = 500

const lookAgainMillis = 10

/**
 * Ends a server without losing a request: takes no new connections, answers what arrives on those that are open, each
 * with `connection: close`, then closes those that stay idle. After `atMostMillis` whatever is left is cut off.
 */
export async function drain(server: Server, atMostMillis: number): Promise<void> {
  // Connections that the system has accepted for us already become ours first.
  await turn()
  await turn()
  let open = true
  // Not the method of the HTTP server, which closes idle connections at once.
  NetServer.prototype.close.call(server, () => {
    open = false
  })
  const started = performance.now()
  while (open) {
    const waited = performance.now() - started
    if (waited > lingerMillis) server.closeIdleConnections()
    if (waited > atMostMillis) server.closeAllConnections()
    await sleep(lookAgainMillis)
  }
}
