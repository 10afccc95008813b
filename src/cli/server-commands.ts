import type { CommandRow } from './command.ts'

/** Commands that serve until they are ended. Their flags are Feast's, so `-h` is the host and `-c` the certificate. */
export const serverCommands: readonly CommandRow[] = [
  {
    path: 'serve',
    group: 'Serve',
    summary: 'serve the latest features over HTTP and gRPC',
    options: [
      { flags: '-h, --host <host>', doc: 'the address to listen on; default: 127.0.0.1' },
      { flags: '-p, --port <port>', doc: 'default: 6566; 0 for any free one' },
      { flags: '-t, --type <type>', doc: 'what the port speaks; default: http', choices: ['http', 'grpc'] },
      { flags: '--grpc-port <port>', doc: 'serve gRPC on this port too' },
      { flags: '-w, --workers <count>', doc: 'processes that share the port; -1 for twice the CPUs and one' },
      { flags: '--worker-connections <count>', doc: 'accepted for Feast; see limits in the documentation' },
      { flags: '--max-requests <count>', doc: 'accepted for Feast; workers need no recycling' },
      { flags: '--max-requests-jitter <count>', doc: 'accepted for Feast' },
      { flags: '--keep-alive-timeout <seconds>', doc: 'how long an idle connection is kept; default: 30' },
      { flags: '-r, --registry_ttl_sec <seconds>', doc: 'how often the registry is read again; default: 60' },
      { flags: '--no-access-log', doc: 'do not log every request' },
      { flags: '-k, --key <file>', doc: 'private key, PEM; with --cert serves TLS' },
      { flags: '-c, --cert <file>', doc: 'certificate, PEM' },
      { flags: '-m, --metrics', doc: 'metrics on port 8000 too, under the names of Feast’s server as well' },
      { flags: '--metrics-port <port>', doc: 'another port for --metrics; 0 for any free one' },
      { flags: '--explain', doc: 'say in every answer where its time went' },
    ],
    json: '{project, http, grpc, metrics}, one line when everything listens; an address that is not served is null',
    examples: ['serve', 'serve -h 0.0.0.0 --workers 4 --grpc-port 6567 --metrics'],
    drains: true,
    load: () => import('./commands/serve.ts'),
  },
  {
    path: 'listen',
    group: 'Serve',
    summary: 'serve the latest features over gRPC',
    options: [
      { flags: '-a, --address <host:port>', doc: 'the address to listen on; default: localhost:50051' },
      { flags: '-w, --max_workers <count>', doc: 'accepted for Feast; calls need no threads' },
      { flags: '-r, --registry_ttl_sec <seconds>', doc: 'how often the registry is read again; default: 5' },
    ],
    json: 'as serve',
    examples: ['listen', 'listen --address 0.0.0.0:50051'],
    drains: true,
    load: () => import('./commands/listen.ts'),
  },
]
