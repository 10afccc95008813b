import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Copies a folder so that the copy can be written, also where the original is read-only. */
export function copyWritable(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)]
    if (statSync(source).isDirectory()) copyWritable(source, target)
    else writeFileSync(target, readFileSync(source))
  }
}
