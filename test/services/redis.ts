import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Certificates, makeCertificates } from './certificates.ts'
import { removeFolder, serverFolder } from './folder.ts'
import { freePort, freePorts } from './free-port.ts'
import { program } from './programs.ts'
import { ServerProcess } from './server-process.ts'
import { type Service, serviceOf } from './service.ts'

const run = promisify(execFile)

export interface RedisOptions {
  /** TLS on the port, and nothing else. Clients need no certificate. */
  readonly tls?: boolean
  /** Lines of an ACL file, such as `user feast on >secret ~* +@all`; `user default off` locks out all others. */
  readonly users?: readonly string[]
  /** Further options of the server, such as `--maxmemory`, `10mb`. Nothing is kept on disk unless they say so. */
  readonly args?: readonly string[]
}

export interface RedisService extends Service {
  /** Undefined without `tls`. */
  readonly certificates: Certificates | undefined
  readonly pid: number | undefined
  /** Runs a command with `redis-cli` (as user `default`) and returns what it prints. */
  cli(...command: readonly string[]): Promise<string>
}

export async function redisServer(options: RedisOptions = {}): Promise<RedisService> {
  const folder = serverFolder('redis')
  const port = await freePort()
  const certificates = options.tls === true ? makeCertificates(folder) : undefined
  const args: string[] = certificates
    ? [
        ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', '--tls-replication', 'yes'],
        ...['--tls-cert-file', certificates.certificate, '--tls-key-file', certificates.key],
        ...['--tls-ca-cert-file', certificates.authority],
      ]
    : ['--port', String(port)]
  if (options.users !== undefined) {
    writeFileSync(join(folder, 'users.acl'), `${options.users.join('\n')}\n`)
    args.push('--aclfile', join(folder, 'users.acl'))
  }
  const server = await startRedis(folder, [...args, ...(options.args ?? [])])
  const tls = certificates === undefined ? [] : ['--tls', '--cacert', certificates.authority]
  return {
    ...serviceOf(server, folder, port),
    certificates,
    get pid() {
      return server.pid
    },
    cli: (...command) => redisCli(port, ...tls, ...command),
  }
}

function startRedis(folder: string, args: readonly string[]): Promise<ServerProcess> {
  const common = ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no', '--daemonize', 'no']
  return ServerProcess.start({
    program: program('redis-server'),
    args: [...common, ...args],
    folder,
    isReady: (output) => output.includes('Ready to accept connections'),
  })
}

async function redisCli(port: number, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(program('redis-cli'), ['-h', '127.0.0.1', '-p', String(port), ...args])
  return stdout.trim()
}

export interface RedisNode {
  readonly port: number
  kill(): Promise<void>
  restart(): Promise<void>
  cli(...command: readonly string[]): Promise<string>
}

export interface RedisGroup extends Service {
  /** Of a cluster the masters; with sentinels first the master, then its replica. */
  readonly nodes: readonly RedisNode[]
}

/** Three masters, which share all slots. `kill` and `restart` are for all of them at once. */
export async function redisCluster(): Promise<RedisGroup> {
  const folder = serverFolder('redis-cluster')
  const ports = await freePorts(6)
  const starts = [0, 1, 2].map(async (index) => {
    const [port = 0, busPort = 0] = [ports[index], ports[index + 3]]
    const cluster = ['--cluster-enabled', 'yes', '--cluster-config-file', `nodes-${port}.conf`]
    const timing = ['--cluster-node-timeout', '2000', '--cluster-port', String(busPort)]
    return nodeOf(port, await startRedis(folder, ['--port', String(port), ...cluster, ...timing]))
  })
  const nodes = await Promise.all(starts)
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  await run(program('redis-cli'), ['--cluster', 'create', ...addresses, '--cluster-yes'])
  const agreed = async (): Promise<boolean> => {
    const states = await Promise.all(nodes.map((node) => node.cli('CLUSTER', 'INFO')))
    return states.every((state) => state.includes('cluster_state:ok'))
  }
  await until('the cluster agrees', agreed)
  return groupOf(folder, nodes, nodes[0]?.port ?? 0, agreed)
}

export interface RedisSentinelService extends RedisGroup {
  /** Name of the master in the sentinel. */
  readonly master: string
  /** The sentinel itself; {@link RedisGroup.port} is its port. */
  readonly sentinel: RedisNode
}

/** A master, its replica, and one sentinel, which makes the replica master a second after the master was lost. */
export async function redisSentinel(): Promise<RedisSentinelService> {
  const folder = serverFolder('redis-sentinel')
  const master = 'mymaster'
  const [masterPort = 0, replicaPort = 0, port = 0] = await freePorts(3)
  const start = async (own: number, ...args: readonly string[]): Promise<OwnedNode> =>
    nodeOf(own, await startRedis(folder, ['--port', String(own), '--repl-diskless-sync-delay', '0', ...args]))
  const nodes = [await start(masterPort), await start(replicaPort, '--replicaof', `127.0.0.1 ${masterPort}`)]
  const config = join(folder, 'sentinel.conf')
  writeFileSync(
    config,
    `bind 127.0.0.1
port ${port}
dir ${folder}
sentinel monitor ${master} 127.0.0.1 ${masterPort} 1
sentinel down-after-milliseconds ${master} 1000
sentinel failover-timeout ${master} 3000\n`,
  )
  const process = await ServerProcess.start({
    program: program('redis-sentinel'),
    args: [config],
    folder,
    isReady: (output) => output.includes('+monitor master'),
  })
  const sentinel = nodeOf(port, process)
  const ready = async (): Promise<boolean> => {
    const replicas = await sentinel.cli('SENTINEL', 'replicas', master)
    const replication = await nodes[1]?.cli('INFO', 'replication')
    return replicas.includes(String(replicaPort)) && replication?.includes('master_link_status:up') === true
  }
  await until('the sentinel knows the replica', ready)
  return { ...groupOf(folder, [...nodes, sentinel], port, ready), nodes, master, sentinel }
}

type OwnedNode = RedisNode & { stop(): Promise<void> }

function nodeOf(port: number, server: ServerProcess): OwnedNode {
  return {
    port,
    stop: () => server.stop(),
    kill: () => server.kill(),
    restart: () => server.restart(),
    cli: (...command) => redisCli(port, ...command),
  }
}

function groupOf(folder: string, nodes: readonly OwnedNode[], port: number, ready: () => Promise<boolean>): RedisGroup {
  const all = async (act: (node: OwnedNode) => Promise<void>): Promise<void> => {
    await Promise.all(nodes.map(act))
  }
  return {
    host: '127.0.0.1',
    port,
    nodes,
    stop: () => all((node) => node.stop()),
    kill: () => all((node) => node.kill()),
    async restart() {
      await all((node) => node.restart())
      await until('the servers agree again', ready)
    },
    async [Symbol.asyncDispose]() {
      await all((node) => node.kill())
      removeFolder(folder)
    },
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 40_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited 40 s until ${what}`)
    await sleep(50)
  }
}
