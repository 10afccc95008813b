import type { FastifyInstance, FastifySchema } from 'fastify'
import type { ServingContext } from '../serving-context.ts'
import { codedError, errorAnswer } from './http-answer.ts'
import { errors, object, text } from './schemas.ts'

/** How long the online store may take to say that it is there. */
const pingSeconds = 2

const health: FastifySchema = {
  summary: 'The process lives and knows a registry',
  tags: ['state'],
  response: { 200: { description: 'it does', type: 'null' }, ...errors(503) },
}

const check = object({ ok: { type: 'boolean' }, error: text('why it is not') }, ['ok'])
const readiness = object({ ready: { type: 'boolean' }, checks: object({ registry: check, online_store: check }) }, [
  'ready',
  'checks',
])

const ready: FastifySchema = {
  summary: 'Requests for features can be answered',
  tags: ['state'],
  response: {
    200: { description: 'they can; `checks.registry.stale` is true on an old registry', ...readiness },
    503: { description: 'they cannot, and why', ...readiness },
  },
}

/** GET /health, whether the process lives, and GET /ready, whether registry and online store answer. */
export function healthRoutes(app: FastifyInstance, context: ServingContext): void {
  app.get('/health', { schema: health }, async (_request, reply) => {
    try {
      await context.store.contents()
      return reply.code(200).send()
    } catch (error) {
      return reply
        .code(503)
        .type('application/json')
        .send(errorAnswer(codedError(error)).body)
    }
  })
  app.get('/ready', { schema: ready }, async (_request, reply) => {
    const [registry, onlineStore] = await Promise.all([registryCheck(context), onlineStoreCheck(context)])
    const isReady = registry.ok && onlineStore.ok && !context.draining
    const state = { ready: isReady, draining: context.draining, checks: { registry, online_store: onlineStore } }
    return reply.code(isReady ? 200 : 503).send(state)
  })
}

interface Check {
  readonly ok: boolean
  readonly error?: { readonly code: string; readonly message: string }
  readonly [detail: string]: unknown
}

const failed = (error: unknown): Check => {
  const { code, message } = codedError(error)
  return { ok: false, error: { code, message } }
}

/** An old registry is good enough to serve from, and said to be one. */
async function registryCheck({ store, clock }: ServingContext): Promise<Check> {
  try {
    await store.contents()
  } catch (error) {
    return failed(error)
  }
  const { readAt, fault } = store.registryStatus()
  const ageSeconds = readAt === null ? null : Number(clock.now().epochMicros - readAt.epochMicros) / 1e6
  const stale = fault !== null
  return { ...(stale && failed(fault)), ok: true, stale, age_seconds: ageSeconds }
}

async function onlineStoreCheck({ store }: ServingContext): Promise<Check> {
  const type = store.config.onlineStore?.type ?? null
  const signal = AbortSignal.timeout(pingSeconds * 1000)
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer in ${pingSeconds} seconds`)), { once: true })
  })
  late.catch(() => {})
  try {
    await Promise.race([store.pingOnlineStore(signal), late])
    return { ok: true, type }
  } catch (error) {
    if (!signal.aborted) return { ...failed(error), type }
    return {
      ok: false,
      type,
      error: { code: 'FTS7007', message: `The online store gave no answer in ${pingSeconds} seconds.` },
    }
  }
}
