import { connect as connectPlain, type Socket } from 'node:net'
import { CommandWriter } from './command-writer.ts'
import type { RedisAddress, RedisConnectionOptions } from './redis-config.ts'
import { AnswerTimedOut, addressText, ConnectionLost, ServerRefusal } from './redis-errors.ts'
import { incomplete, ProtocolError, RedisErrorReply, type RedisReply, ReplyReader } from './reply-reader.ts'
import { tlsConnectionOptions } from './tls-options.ts'

/** What waits for replies. A connection gives each its own replies, in the order in which commands were sent. */
export interface ReplySink {
  /**
   * Takes what is complete of the replies that begin at `at`; the bytes are only lent.
   * @returns where it stopped: behind its last reply, or before the first one that is not all there.
   */
  accept(bytes: Buffer, at: number, end: number): number
  readonly isFinished: boolean
  /** Nobody waits any more. Replies may still come after it; called again it does nothing. */
  fail(error: unknown): void
  /** Looked at now and then: an answer that nobody waits for any more is failed and later thrown away. */
  readonly signal?: AbortSignal | undefined
}

/** One read of the socket; a reply that does not fit is put together from several. */
const readBytes = 128 * 1024
/** More than this is sent at once, and buffers that grew beyond it are not kept. */
const flushBytes = 64 * 1024
const watchMs = 20

/**
 * One connection: commands go out in order, replies come back in order. Commands of everybody who asks within one turn
 * of the event loop are sent by one system call.
 *
 * When it breaks, exactly those fail whose replies had not all come; it is then of no use any more.
 */
export class RedisConnection {
  readonly address: string
  readonly #socket: Socket
  readonly #commandTimeoutMs: number
  /** A socket with TLS may still read from what it was given to write. */
  readonly #reusesOutbox: boolean
  readonly #chunk: Buffer
  readonly #pending: ReplySink[] = []
  #outbox = new CommandWriter()
  #carry = Buffer.alloc(0)
  #carryLength = 0
  #flushIsDue = false
  #watch: NodeJS.Timeout | undefined
  #watched: ReplySink | undefined
  #watchedSince = 0
  #failure: ConnectionLost | undefined
  #onClose: () => void = () => {}

  private constructor(address: string, socket: Socket, chunk: Buffer, options: RedisConnectionOptions) {
    this.address = address
    this.#socket = socket
    this.#chunk = chunk
    this.#commandTimeoutMs = options.commandTimeoutMs
    this.#reusesOutbox = options.tls === null
  }

  /**
   * Connects and logs in.
   * @throws ConnectionLost when that fails, for whatever reason.
   */
  static async open(address: RedisAddress, options: RedisConnectionOptions): Promise<RedisConnection> {
    const name = addressText(address)
    try {
      const tls = options.tls === null ? null : await tlsConnectionOptions(options.tls, address.host)
      const chunk = Buffer.allocUnsafeSlow(readBytes)
      const settings = {
        host: address.host,
        port: address.port,
        noDelay: true,
        keepAlive: options.keepAlive,
        keepAliveInitialDelay: 30_000,
        onread: { buffer: chunk, callback: (length: number) => connection.#received(length) },
      }
      const socket = tls === null ? connectPlain(settings) : (await import('node:tls')).connect({ ...settings, ...tls })
      const connection = new RedisConnection(name, socket, chunk, options)
      await connection.#begin(tls === null ? 'connect' : 'secureConnect', options)
      return connection
    } catch (error) {
      throw error instanceof ConnectionLost ? error : new ConnectionLost(name, error)
    }
  }

  get isOpen(): boolean {
    return this.#failure === undefined
  }

  /** Called when the connection is of no use any more; at once if that is so already. */
  set onClose(call: () => void) {
    this.#onClose = call
    if (this.#failure !== undefined) call()
  }

  /** Where commands are written to; {@link expect} must follow in the same turn, with what takes their replies. */
  get writer(): CommandWriter {
    return this.#outbox
  }

  expect(sink: ReplySink): void {
    if (this.#failure !== undefined) {
      sink.fail(this.#failure)
      return
    }
    if (this.#pending.push(sink) === 1) this.#becomeBusy()
    if (this.#outbox.length > flushBytes) this.#flush()
    else if (!this.#flushIsDue) {
      this.#flushIsDue = true
      setImmediate(this.#flush)
    }
  }

  /**
   * One command and its reply.
   * @throws ServerRefusal when the reply is an error.
   */
  async command(values: readonly (string | Uint8Array)[], signal?: AbortSignal): Promise<RedisReply> {
    this.writer.command(values)
    const [reply = null] = await this.replies(1, signal)
    return reply
  }

  /**
   * The replies of the commands that were just written.
   * @throws ServerRefusal, the first one, when replies are errors; the others have come by then too.
   */
  replies(count: number, signal?: AbortSignal): Promise<readonly RedisReply[]> {
    return new Promise((resolve, reject) => this.expect(new Replies(this.address, count, resolve, reject, signal)))
  }

  close(): void {
    this.#fail(new Error('the connection was closed'))
  }

  readonly #flush = (): void => {
    this.#flushIsDue = false
    const outbox = this.#outbox
    if (outbox.length === 0 || this.#failure !== undefined) return
    this.#socket.write(outbox.bytes.subarray(0, outbox.length))
    // Nothing waits in the socket: the system has taken all, and the buffer is free again.
    const isFree = this.#reusesOutbox && this.#socket.writableLength === 0 && outbox.bytes.length <= 4 * flushBytes
    if (isFree) outbox.length = 0
    else this.#outbox = new CommandWriter()
  }

  async #begin(connected: 'connect' | 'secureConnect', options: RedisConnectionOptions): Promise<void> {
    const late = (): void => this.#fail(new AnswerTimedOut(this.address, options.connectTimeoutMs))
    const timer = setTimeout(late, options.connectTimeoutMs)
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('timeout', () => {
      if (this.#pending.length === 0) this.#fail(new Error('the connection was not used for a while'))
    })
    this.#socket.setTimeout(options.idleMs)
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')))
    try {
      await new Promise<void>((resolve, reject) => {
        this.#socket.on(connected, resolve)
        this.#onClose = () => reject(this.#failure)
      })
      await this.#logIn(options)
      if (this.#failure !== undefined) throw this.#failure
      this.#becomeIdle()
    } catch (error) {
      this.#fail(error)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  async #logIn(options: RedisConnectionOptions): Promise<void> {
    const { username, password, database, clientName } = options
    const login = password === null ? [] : username === null ? [password] : [username, password]
    const steps = [
      login.length > 0 ? this.command(['AUTH', ...login]) : null,
      database > 0 ? this.command(['SELECT', String(database)]) : null,
      // A name is for operators to see; a user that may not give one works as well.
      this.command(['CLIENT', 'SETNAME', clientName.replaceAll(/[^!-~]/g, '-')]).catch((error: unknown) => {
        if (!(error instanceof ServerRefusal) || error.kind === 'NOAUTH') throw error
      }),
    ]
    await Promise.all(steps)
  }

  #received(length: number): boolean {
    let bytes = this.#chunk
    let end = length
    if (this.#carryLength > 0) {
      this.#keep(bytes, 0, end)
      bytes = this.#carry
      end = this.#carryLength
    }
    try {
      const at = this.#deliver(bytes, end)
      if (at === end) this.#carryLength = 0
      else if (bytes === this.#carry) {
        bytes.copyWithin(0, at, end)
        this.#carryLength = end - at
      } else this.#keep(bytes, at, end)
    } catch (error) {
      this.#fail(error)
      return false
    }
    if (this.#carryLength === 0 && this.#carry.length > 4 * readBytes) this.#carry = Buffer.alloc(0)
    if (this.#pending.length === 0) this.#becomeIdle()
    return true
  }

  #deliver(bytes: Buffer, end: number): number {
    let at = 0
    while (at < end) {
      const sink = this.#pending[0]
      if (sink === undefined) throw new ProtocolError('an answer came that nobody asked for')
      at = sink.accept(bytes, at, end)
      if (!sink.isFinished) break
      this.#pending.shift()
    }
    return at
  }

  /** Appends to what could not be read yet. */
  #keep(bytes: Buffer, start: number, end: number): void {
    const length = this.#carryLength + end - start
    if (length > this.#carry.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#carry.length * 2))
      this.#carry.copy(larger, 0, 0, this.#carryLength)
      this.#carry = larger
    }
    bytes.copy(this.#carry, this.#carryLength, start, end)
    this.#carryLength = length
  }

  #becomeBusy(): void {
    this.#socket.ref()
    if (this.#watch === undefined) this.#watch = setTimeout(this.#look, watchMs).unref()
  }

  /** A connection that waits for nothing keeps no process alive. */
  #becomeIdle(): void {
    this.#socket.unref()
  }

  /**
   * One timer for all that wait, instead of one for each: who is first in line for too long has waited in vain, as
   * replies come in order.
   */
  readonly #look = (): void => {
    const [first] = this.#pending
    if (first === undefined || this.#failure !== undefined) {
      this.#watch = undefined
      this.#watched = undefined
      return
    }
    const now = performance.now()
    if (first !== this.#watched) {
      this.#watched = first
      this.#watchedSince = now
    } else if (now - this.#watchedSince > this.#commandTimeoutMs) {
      this.#fail(new AnswerTimedOut(this.address, this.#commandTimeoutMs))
      return
    }
    for (const sink of this.#pending) if (sink.signal?.aborted === true) sink.fail(sink.signal.reason)
    this.#watch?.refresh()
  }

  #fail(cause: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = new ConnectionLost(this.address, cause)
    clearTimeout(this.#watch)
    this.#socket.destroy()
    const failed = this.#pending.splice(0)
    for (const sink of failed) sink.fail(this.#failure)
    this.#onClose()
  }
}

class Replies implements ReplySink {
  readonly signal: AbortSignal | undefined
  readonly #address: string
  readonly #count: number
  readonly #replies: RedisReply[] = []
  readonly #resolve: (replies: readonly RedisReply[]) => void
  readonly #reject: (error: unknown) => void

  constructor(
    address: string,
    count: number,
    resolve: (replies: readonly RedisReply[]) => void,
    reject: (error: unknown) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#address = address
    this.#count = count
    this.#resolve = resolve
    this.#reject = reject
    this.signal = signal
  }

  get isFinished(): boolean {
    return this.#replies.length === this.#count
  }

  accept(bytes: Buffer, start: number, end: number): number {
    let at = start
    while (!this.isFinished) {
      const next = reader.read(bytes, at, end)
      if (next === incomplete) return at
      this.#replies.push(reader.value)
      at = next
    }
    const refusal = this.#replies.find((reply) => reply instanceof RedisErrorReply)
    if (refusal === undefined) this.#resolve(this.#replies)
    else this.#reject(new ServerRefusal(this.#address, refusal))
    return at
  }

  fail(error: unknown): void {
    this.#reject(error)
  }
}

const reader = new ReplyReader()
