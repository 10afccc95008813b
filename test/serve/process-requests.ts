import { Agent, request } from 'node:http'

/** What became of one request: a status, or the code of what went wrong with the connection. */
export interface Outcome {
  readonly status: number | null
  readonly fault: string | null
  /** Whether the request was on its way: its connection was made. */
  readonly sent: boolean
  readonly body: string
}

/** Sends one request over a connection of the agent. Never throws. */
export function send(agent: Agent, url: string, body: object): Promise<Outcome> {
  return new Promise((resolve) => {
    let sent = false
    const sending = request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json' } })
    sending.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => (sent = true))
      else sent = true
    })
    sending.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('error', (error) => resolve({ status: null, fault: error.message, sent, body: text }))
      response.on('end', () => resolve({ status: response.statusCode ?? null, fault: null, sent, body: text }))
    })
    sending.on('error', (error: NodeJS.ErrnoException) => {
      resolve({ status: null, fault: error.code ?? error.message, sent, body: '' })
    })
    sending.end(JSON.stringify(body))
  })
}

/** Sends requests one after another until one finds nobody listening, or `stop` says so; what became of them all. */
export async function sendUntilClosed(url: string, body: object, stop: () => boolean): Promise<readonly Outcome[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const outcomes: Outcome[] = []
  while (!stop()) {
    const outcome = await send(agent, url, body)
    if (!outcome.sent && outcome.fault === 'ECONNREFUSED') break
    outcomes.push(outcome)
  }
  agent.destroy()
  return outcomes
}
