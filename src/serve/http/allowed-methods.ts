import type { FastifyInstance } from 'fastify'

/** Looks up which methods a path takes, of all routes that are registered after the call. */
export function allowedMethods(app: FastifyInstance): (path: string) => readonly string[] {
  const methodsByPattern = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByPattern.get(url) ?? new Set()
    for (const each of [method].flat()) methods.add(each)
    methodsByPattern.set(url, methods)
  })
  return (path) => [...methodsByPattern].flatMap(([pattern, methods]) => (matches(pattern, path) ? [...methods] : []))
}

/** Whether a path is of a pattern such as `/feature-views/:name`. */
function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  return wanted.length === given.length && wanted.every((part, at) => part.startsWith(':') || part === given[at])
}
