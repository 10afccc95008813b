import { glob, stat } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { suggestion } from '../../base/suggest.ts'
import { batchSourceOf, type DataSource, type FileSource } from '../../model/data-source.ts'
import { duckdbDialect } from '../../sql/duckdb-dialect.ts'

/** A local path: relative ones start at the repository. @throws FTS4017 for object storage. */
export function localPath(path: string, repoPath: string): string {
  if (path.startsWith('file://')) return fileUrlPath(path)
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(path)?.[1]
  if (scheme !== undefined) {
    throw new FeatureStoreError('FTS4017', {
      message: `"${path}" is on ${scheme}, which the offline store cannot read in this version.`,
      notes: ['it reads local files, folders and globs'],
    })
  }
  return isAbsolute(path) ? path : resolve(repoPath, path)
}

/** The file source that holds a source's rows. @throws FTS4006 when it is of another store. */
export function fileSourceOf(source: DataSource): FileSource {
  const batch = batchSourceOf(source)
  if (batch?.kind === 'file' && batch.format === 'parquet') return batch
  const kind = batch?.kind === 'file' ? `a ${batch.format} table` : `of the kind ${batch?.kind ?? source.kind}`
  throw new FeatureStoreError('FTS4006', {
    message: `The source "${source.name}" is ${kind}; this offline store reads Parquet files.`,
  })
}

/**
 * The files behind a path, which names a file, a folder (all Parquet files below it) or a glob: absolute, sorted. Their
 * order is part of the order of rows.
 *
 * @throws FTS4002 when there is none; `what` names whose path it is.
 */
export async function sourceFiles(path: string, repoPath: string, what: string): Promise<readonly string[]> {
  const local = localPath(path, repoPath)
  const found = await stat(local).catch(() => undefined)
  if (found?.isFile() === true) return [local]
  const pattern = found?.isDirectory() === true ? join(local, '**', '*.parquet') : local
  const files = hasMagic(pattern) ? await matches(pattern) : []
  if (files.length > 0) return files
  throw new FeatureStoreError('FTS4002', {
    message: `The ${what} is at "${path}", where ${found === undefined ? 'there is nothing' : 'there is no Parquet file'}.${await nearFile(local)}`,
    notes: [`looked at ${local}`],
  })
}

async function matches(pattern: string): Promise<string[]> {
  const files: string[] = []
  for await (const file of glob(pattern)) {
    // Files that a writer has not finished yet begin with a dot.
    if (!/(^|[\\/])[._][^\\/]*$/.test(file) && (await stat(file)).isFile()) files.push(file)
  }
  return files.sort()
}

const hasMagic = (path: string): boolean => /[*?[\]{}]/.test(path)

async function nearFile(path: string): Promise<string> {
  const names: string[] = []
  const folder = join(path, '..')
  for await (const name of glob('*', { cwd: folder })) names.push(name)
  return suggestion(path.slice(folder.length).replace(/^[\\/]/, ''), names)
}

function fileUrlPath(url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    // Feast also writes file:// with a relative path behind it.
    return url.slice('file://'.length)
  }
}

/** Files as a list for DuckDB's table functions, which would take special characters in a name for a pattern. */
export const fileList = (files: readonly string[]): string =>
  `[${files.map((file) => duckdbDialect.text(file.replace(/[*?[]/g, '[$&]'))).join(', ')}]`
