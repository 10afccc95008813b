import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'

const attempts = 5
const pauseMs = 100

/**
 * Batches that come from one state of some files. A query looks at a file more than once and finds rows by their place,
 * so that of a file that is rewritten meanwhile it would deliver the wrong ones. `read` must have read everything when
 * it gives its first batch; when a file has changed by then, or reading it fails because it changes, all begins anew.
 * What it knows of files in one state holds as long as it is called with that state.
 *
 * @throws FTS4015 when the files change every time.
 */
export async function* fromUnchangedFiles<T>(
  filesNow: () => Promise<readonly string[]>,
  read: (files: readonly string[], state: string) => AsyncIterable<T>,
  what: string,
): AsyncIterable<T> {
  for (let attempt = 1; ; attempt++) {
    const files = await filesNow()
    const before = await statesOf(files)
    const batches = read(files, before)[Symbol.asyncIterator]()
    const first = await batches.next().then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    )
    if ((await statesOf(files)) === before) {
      if ('error' in first) throw first.error
      yield* from(first.result, batches)
      return
    }
    await batches.return?.()
    if (attempt === attempts) {
      throw new FeatureStoreError('FTS4015', {
        message: `The files of the ${what} were rewritten each of the ${attempts} times that they were read.`,
        notes: files.slice(0, 3),
        cause: 'error' in first ? first.error : undefined,
      })
    }
    await sleep(pauseMs * attempt)
  }
}

async function* from<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncIterable<T> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

/** Equal for two moments between which no file was replaced or written to. */
async function statesOf(files: readonly string[]): Promise<string> {
  const states = files.map(async (file) => {
    const found = await stat(file, { bigint: true }).catch(() => undefined)
    return `${file} ${found === undefined ? 'missing' : `${found.ino} ${found.size} ${found.mtimeNs}`}`
  })
  return (await Promise.all(states)).join('\n')
}
