import { join } from 'node:path'
import { serverFolder } from './folder.ts'
import { freePort } from './free-port.ts'
import { dynamodbJars, program } from './programs.ts'
import { ServerProcess } from './server-process.ts'
import { type Service, serviceOf } from './service.ts'

export interface DynamodbService extends Service {
  /** What `endpoint_url` is set to. */
  readonly endpoint: string
}

/**
 * Amazon's DynamoDB Local, the emulator that its own developers ship; `npm run services` fetches its jars. It takes any
 * region and any credentials. Its data lies in a file, so it stays over a restart.
 */
export async function dynamodbLocal(): Promise<DynamodbService> {
  const folder = serverFolder('dynamodb')
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const server = await ServerProcess.start({
    program: program('java'),
    args: [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      `-Dsqlite4java.library.path=${dynamodbJars}`,
      ...['-cp', join(dynamodbJars, '*'), 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner'],
      ...['-sharedDb', '-disableTelemetry', '-dbPath', folder, '-port', String(port)],
    ],
    folder,
    // A request without a signature is refused, by a server that is up.
    isReady: () =>
      fetch(endpoint).then(
        ({ status }) => status === 400,
        () => false,
      ),
  })
  return { ...serviceOf(server, folder, port), endpoint }
}
