import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

type Body = Readonly<Record<string, unknown>>

/** One request to the service: what it does, such as `PutItem`, and its parameters. */
export interface TappedRequest {
  readonly operation: string
  readonly body: Body
}

export interface TappedAnswer {
  readonly status: number
  readonly body: Body
}

type Forward = (body: Body) => Promise<TappedAnswer>

/**
 * Stands between a client and a real server, writes down what is asked, and lets a test change single requests or
 * answers. Requests are passed on with their own headers.
 */
export class DynamodbTap implements AsyncDisposable {
  readonly endpoint: string
  readonly requests: TappedRequest[] = []
  /** Takes the place of passing a request on, when it returns an answer. */
  intercept: (request: TappedRequest, forward: Forward) => Promise<TappedAnswer | 'silence' | undefined> = async () =>
    undefined
  readonly #server: Server

  private constructor(server: Server, port: number) {
    this.#server = server
    this.endpoint = `http://127.0.0.1:${port}`
  }

  static async open(target: string): Promise<DynamodbTap> {
    const server = createServer((request, response) => {
      tap.#answer(target, request, response).catch((error: unknown) => response.destroy(asError(error)))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const tap = new DynamodbTap(server, typeof address === 'object' && address !== null ? address.port : 0)
    return tap
  }

  /** What was asked since the last call, by the names of the operations. */
  operations(): readonly string[] {
    return this.requests.splice(0).map((request) => request.operation)
  }

  async #answer(target: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Body
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? ''
    const tapped = { operation, body }
    this.requests.push(tapped)
    const forward: Forward = async (changed) => {
      const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
        /^(x-amz-|authorization|content-type)/.test(name) && typeof value === 'string' ? [[name, value]] : [],
      )
      const answer = await fetch(target, { method: 'POST', headers, body: JSON.stringify(changed) })
      return { status: answer.status, body: (await answer.json()) as Body }
    }
    const answer = (await this.intercept(tapped, forward)) ?? (await forward(body))
    if (answer === 'silence') return
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify(answer.body))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
