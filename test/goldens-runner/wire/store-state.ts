import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { GoldenServer } from './store-golden.ts'

/** A real server that holds what stands in the golden of its store, beside the file of cases. */
export async function openRecordedStore(kind: string, path: string): Promise<GoldenServer> {
  const file = join(dirname(path), `${kind}.json`)
  if (!existsSync(file)) throw new Error(`${file} is not there, which the cases start from`)
  throw new Error(`a store of the kind ${kind} cannot be loaded`)
}
