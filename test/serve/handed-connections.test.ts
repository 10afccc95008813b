import { once } from 'node:events'
import { Agent } from 'node:http'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningHttpServer, startHttpServer } from '../../src/serve/http/http-server.ts'
import { send } from './process-requests.ts'
import { RidesStore } from './rides-store.ts'

let rides: RidesStore
let server: RunningHttpServer
let port: Server
const agent = new Agent({ keepAlive: true })

beforeAll(async () => {
  rides = await RidesStore.open({ serving: { limits: { header_timeout_seconds: 0.5 } } })
  server = await startHttpServer({ store: rides.store, listens: false })
  port = createServer({ pauseOnConnect: true }, (socket) => server.accept(socket))
  port.listen(0, '127.0.0.1')
  await once(port, 'listening')
})

afterAll(async () => {
  agent.destroy()
  port.close()
  await rides[Symbol.asyncDispose]()
})

const portNumber = (): number => (port.address() as AddressInfo).port
const wanted = { features: ['stats:rate'], entities: { driver_id: [1] } }

describe('a server whose connections come from elsewhere', () => {
  test('answers on them, and keeps the time-outs of clients', async () => {
    const answer = await send(agent, `http://127.0.0.1:${portNumber()}/get-online-features`, wanted)
    expect(answer.status).toBe(200)
    const slow = connect(portNumber(), '127.0.0.1')
    slow.write('POST /')
    const [text] = await once(slow.setEncoding('utf8'), 'data')
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('ends soon although clients keep idle and unused connections open', async () => {
    await send(agent, `http://127.0.0.1:${portNumber()}/get-online-features`, wanted)
    const unused = connect(portNumber(), '127.0.0.1')
    await once(unused, 'connect')
    unused.on('error', () => {})
    const closed = once(unused.resume(), 'close')
    const started = performance.now()
    await server.close()
    await closed
    expect(performance.now() - started).toBeLessThan(6000)
  })
})
