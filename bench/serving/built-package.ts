import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Builds the package into a folder, as users get it: JavaScript, and no sources that Node would have to strip of their
 * types first. Returns the path of its `feast`.
 */
export function builtPackage(folder: string): string {
  mkdirSync(folder, { recursive: true })
  const compile = ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist'), '--declaration', 'false']
  execFileSync('tsc', [...compile, '--declarationMap', 'false'], { cwd: root, stdio: 'inherit' })
  for (const part of ['bin', 'package.json', 'schema', 'templates']) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'bin/feast.mjs')
}
