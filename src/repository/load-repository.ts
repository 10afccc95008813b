import { resolve } from 'node:path'
import type { ErrorPlace } from '../base/errors/feature-store-error.ts'
import { type CollectedDefinition, collectDefinitions } from '../define/collect-definitions.ts'
import { isDefinition, placeOf } from '../define/definition.ts'
import type { Definition, Definitions } from '../model/definitions.ts'
import { definitionFiles } from './definition-files.ts'
import { loadError } from './load-error.ts'
import { importUrl, registerRepository } from './module-hooks.ts'

export interface LoadOptions {
  /** True to run the files again after they have changed. Default false: what the process has imported is shared. */
  readonly fresh?: boolean
}

let generation = 0

/**
 * Everything that the files of a feature repository export and that is a definition, alone or in an array or object,
 * with all that it was made from; in the order of files and of lines.
 * @throws FTS2201 … FTS2205 when a file cannot be loaded, and as {@link collectDefinitions}.
 */
export async function loadRepository(repoPath: string, options: LoadOptions = {}): Promise<Definitions> {
  const root = resolve(repoPath)
  const files = await definitionFiles(root)
  registerRepository(root)
  if (options.fresh === true) generation += 1
  const found: Found[] = []
  for (const [index, file] of files.entries()) {
    const exported = await importFile(file, options.fresh === true ? generation : 0, files)
    for (const definition of exportedDefinitions(exported)) found.push(findingOf(definition, index, files))
  }
  return collectDefinitions(found.sort(byPlace))
}

async function importFile(file: string, ofGeneration: number, files: readonly string[]): Promise<object> {
  try {
    return (await import(/* @vite-ignore */ importUrl(file, ofGeneration))) as object
  } catch (cause) {
    throw await loadError(cause, file, files)
  }
}

function exportedDefinitions(exported: object): readonly Definition[] {
  return Object.values(exported).flatMap((value: unknown) => {
    if (isDefinition(value)) return [value]
    return isContainer(value) ? Object.values(value).filter(isDefinition) : []
  })
}

function isContainer(value: unknown): value is object {
  if (Array.isArray(value)) return true
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

interface Found extends CollectedDefinition {
  /** The file that defines it, by position; the one that exports it when it was made outside the repository. */
  readonly fileIndex: number
  readonly line: number
  readonly column: number
}

function findingOf(definition: Definition, exportedBy: number, files: readonly string[]): Found {
  const place = placeOf(definition)
  const own = place === undefined ? -1 : files.indexOf(place.file)
  if (place === undefined || own === -1) {
    return {
      definition,
      fileIndex: exportedBy,
      line: Number.MAX_SAFE_INTEGER,
      column: 0,
      place: place ?? fileOf(files[exportedBy]),
    }
  }
  return { definition, fileIndex: own, line: place.line ?? 0, column: place.column ?? 0, place }
}

function fileOf(file: string | undefined): ErrorPlace | undefined {
  return file === undefined ? undefined : { file }
}

/** The exports of a module come sorted by name; what the user sees is the order of lines. */
function byPlace(a: Found, b: Found): number {
  return a.fileIndex - b.fileIndex || a.line - b.line || a.column - b.column
}
