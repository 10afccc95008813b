import { afterAll, beforeAll, describe } from 'vitest'
import { missingFor, type ServiceName } from './programs.ts'

/**
 * Tests against a real server, started once for all of them and stopped afterwards. Where it is not installed they are
 * skipped, which the run reports at its end; with `FEAST_TS_SERVICES=required` they fail instead.
 *
 * @param start starts the server; `redisServer` or a function that calls it with options.
 * @param body declares the tests; they get the running server by calling its parameter.
 */
export function describeService<S extends AsyncDisposable>(
  name: ServiceName,
  start: () => Promise<S>,
  body: (service: () => S) => void,
): void {
  const missing = missingFor(name)
  if (missing !== undefined && process.env.FEAST_TS_SERVICES !== 'required') {
    describe.skip(`${name} (skipped: ${missing})`, () => body(() => notRunning(name)))
    return
  }
  describe(name, () => {
    let service: S | undefined
    beforeAll(async () => {
      if (missing !== undefined) throw new Error(`FEAST_TS_SERVICES=required, but ${missing}`)
      service = await start()
    })
    afterAll(() => service?.[Symbol.asyncDispose]())
    body(() => service ?? notRunning(name))
  })
}

function notRunning(name: string): never {
  throw new Error(`${name} runs within tests only, not while they are declared`)
}
