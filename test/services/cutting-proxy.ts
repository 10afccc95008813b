import { connect, createServer, type Server, type Socket } from 'node:net'

/** Stands between a client and a server, and can cut connections in the middle of an answer, or say nothing at all. */
export class CuttingProxy implements AsyncDisposable {
  readonly host = '127.0.0.1'
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #bytesLeft = Number.POSITIVE_INFINITY
  #silent = false

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((client) => this.#join(client, connect(target.port, target.host)))
  }

  static async start(target: { readonly host: string; readonly port: number }): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target)
    await new Promise<void>((resolve) => proxy.#server.listen(0, proxy.host, resolve))
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** All connections end once the server has sent so many more bytes; those made afterwards work again. */
  cutAfter(bytes: number): void {
    this.#bytesLeft = bytes
  }

  /** Answers of the server are swallowed while it is true; connections stay open. */
  set silent(silent: boolean) {
    this.#silent = silent
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(client: Socket, server: Socket): void {
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
    client.on('data', (chunk) => server.write(chunk))
    server.on('data', (chunk) => {
      if (this.#silent) return
      if (chunk.length < this.#bytesLeft) {
        this.#bytesLeft -= chunk.length
        client.write(chunk)
        return
      }
      client.end(chunk.subarray(0, this.#bytesLeft), () => this.#cut())
      this.#bytesLeft = Number.POSITIVE_INFINITY
    })
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
