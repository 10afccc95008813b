import { once } from 'node:events'
import type { Logger } from '../../base/logger.ts'
import { listenOn } from '../listening.ts'
import type { MetricsCollector, RunningServer } from '../serving-context.ts'

// An import of this module also loads Node's fetch and WebSocket, for they are among its exports: 25 ms and 13 MB.
const { createServer } = process.getBuiltinModule('node:http')

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
  const bound = await listenOn(server, host, port)
  return {
    ...bound,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
