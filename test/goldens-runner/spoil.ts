import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { copyWritable } from './copy-writable.ts'
import type { Outcome } from './outcome.ts'
import { wireFile } from './wire-kinds.ts'

const goldens = fileURLToPath(new URL('../goldens/wire', import.meta.url))

/**
 * Runs a copy of one file of the wire goldens after a change to it, with the repository that it starts from beside it.
 * @param beside further files that it needs
 */
export async function runSpoilt(
  file: string,
  change: (json: never) => void,
  beside: readonly string[] = [],
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'feast-ts-spoilt-'))
  try {
    for (const path of ['sqlite/all_types', ...beside]) {
      const [from, to] = [join(goldens, path), join(folder, path)]
      mkdirSync(dirname(to), { recursive: true })
      if (statSync(from).isDirectory()) copyWritable(from, to)
      else copyFileSync(from, to)
    }
    const json: unknown = JSON.parse(readFileSync(join(goldens, file), 'utf8'))
    change(json as never)
    writeFileSync(join(folder, file), JSON.stringify(json))
    return await wireFile(join(folder, file), file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A recorded request or call with its answer. */
export interface RecordedCase {
  readonly id: string
  status: number
  content_type: string | null
  response_body: string
  response_b64: string
  code: string
}

/** Leaves one case in a file of cases, and changes it. */
export function only(id: string, change: (item: RecordedCase) => void): (json: { cases: RecordedCase[] }) => void {
  return (json) => {
    const item = json.cases.find((each) => each.id === id)
    if (item === undefined) throw new Error(`there is no case ${id}`)
    change(item)
    json.cases = [item]
  }
}

/** Changes a text in an answer; it has to be there, or nothing would be spoilt. */
export function inBody(id: string, from: string, to: string): (json: { cases: RecordedCase[] }) => void {
  return only(id, (item) => {
    if (!item.response_body.includes(from)) throw new Error(`${id} has no ${from}`)
    item.response_body = item.response_body.replace(from, to)
  })
}
