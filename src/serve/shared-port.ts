import type { Worker } from 'node:cluster'
import { createServer, type Server, type Socket } from 'node:net'
import { hostAndPort } from './announcement.ts'
import { stopListening } from './http/drain.ts'
import { listenOn } from './listening.ts'
import type { FromPrimary } from './worker-messages.ts'

/** How many connections may wait for a worker while none is there. */
const mostWaiting = 1000

/**
 * A port whose connections are handed to workers in turn. The primary keeps the port, not a worker, so that none of them
 * takes connections along that the system has accepted when it ends.
 */
export class SharedPort {
  /** `host:port`. */
  readonly address: string
  readonly #server: Server
  readonly #workers: () => readonly Worker[]
  #waiting: Socket[] = []
  #turn = 0

  private constructor(address: string, server: Server, workers: () => readonly Worker[]) {
    this.address = address
    this.#server = server
    this.#workers = workers
    server.on('connection', (socket) => this.#hand(socket))
  }

  /** @throws FTS7008 when host and port cannot be had. */
  static async listen(host: string, port: number, workers: () => readonly Worker[]): Promise<SharedPort> {
    const server = createServer({ pauseOnConnect: true, noDelay: true })
    const bound = await listenOn(server, host, port)
    return new SharedPort(hostAndPort(bound), server, workers)
  }

  /** Hands out the connections that waited for a worker. */
  workerIsReady(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const socket of waiting) this.#hand(socket)
  }

  /** Takes no new connections. */
  close(): Promise<void> {
    for (const socket of this.#waiting) socket.destroy()
    return stopListening(this.#server)
  }

  #hand(socket: Socket): void {
    const workers = this.#workers()
    this.#turn += 1
    const worker = workers[this.#turn % workers.length]
    const message: FromPrimary = { kind: 'connection' }
    if (worker?.isConnected()) worker.send(message, socket, () => {})
    else if (this.#waiting.length < mostWaiting) {
      // A client that leaves while it waits is no fault of ours.
      socket.on('error', () => socket.destroy())
      this.#waiting.push(socket)
    } else socket.destroy()
  }
}
