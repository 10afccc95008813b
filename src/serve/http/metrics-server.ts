import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Logger } from '../../base/logger.ts'
import { cannotListen } from '../listening.ts'
import type { MetricsCollector, RunningServer } from '../serving-context.ts'

/**
 * Serves the metrics, and nothing else, at every path, as Feast's metrics port does.
 * @throws FTS7008 when host and port cannot be had.
 */
export async function startMetricsServer(options: {
  readonly host: string
  readonly port: number
  readonly collect: MetricsCollector
  readonly logger: Logger
}): Promise<RunningServer> {
  const { host, port, collect, logger } = options
  const server = createServer((_request, response) => {
    collect().then(
      ({ text, contentType }) => response.writeHead(200, { 'content-type': contentType }).end(text),
      (error: unknown) => {
        logger.error('The metrics could not be collected.', { error: String(error) })
        response.writeHead(503).end()
      },
    )
  })
  try {
    const listening = once(server, 'listening')
    server.listen({ host, port })
    await listening
  } catch (cause) {
    throw cannotListen(host, port, cause)
  }
  const bound = server.address()
  return {
    address: host,
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
