import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'

/**
 * How long idle connections may stay open: a client that sends a request on one in this time still gets its answer, and
 * is told to close. A connection that was closed at once could cross with a request on its way.
 */
const lingerMillis = 2000

const lookAgainMillis = 10

/** The connections of a server, those included that another process handed to it. */
export function connectionsOf(server: Server): ReadonlySet<Socket> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return open
}

/** Lets a server take no new connections. Those that the system has accepted for it already become its own first. */
export async function stopListening(server: NetServer): Promise<void> {
  await turn()
  await turn()
  // Not the method of an HTTP server, which closes idle connections at once.
  if (server.listening) NetServer.prototype.close.call(server)
}

/**
 * Ends a server that takes no new connections without losing a request: answers what arrives on those that are open,
 * each with `connection: close`, then closes those that stay idle. After `atMostMillis` whatever is left is cut off.
 */
export async function drain(server: Server, open: ReadonlySet<Socket>, atMostMillis: number): Promise<void> {
  // Connections that were opened and never used are not idle for Node, but late with the head of a request.
  server.headersTimeout = Math.min(server.headersTimeout, lingerMillis)
  const started = performance.now()
  while (open.size > 0) {
    const waited = performance.now() - started
    if (waited > lingerMillis) server.closeIdleConnections()
    if (waited > atMostMillis) for (const socket of open) socket.destroy()
    await sleep(lookAgainMillis)
  }
}
