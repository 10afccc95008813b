import { randomUUID } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { ReservedView } from '../../store/reserve-views.ts'
import { openStateDatabase, ProcessLock } from '../state-files.ts'

/** A materialization that a process of this machine has begun and not ended. */
interface JobRecord {
  readonly id: string
  readonly process: string
  readonly views: readonly ReservedView[]
}

const table = `CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY, process TEXT NOT NULL, views TEXT NOT NULL
) STRICT`

/**
 * Which materializations run in the processes that share a folder of a machine. The registry says only that a view is
 * being materialized, not by whom; from this record the next process knows what a process that died has left marked.
 */
export class JobRecords {
  readonly #folder: string
  readonly #process = randomUUID()
  readonly #database: DatabaseSync
  readonly #alive: ProcessLock

  /** @throws FTS7010 */
  constructor(folder: string) {
    this.#folder = folder
    this.#database = openStateDatabase(join(folder, 'materializations.db'), table)
    this.#alive = new ProcessLock(this.#lockOf(this.#process))
    this.#alive.take()
  }

  /** Whether there may be anything to recover in a folder. */
  static existIn(folder: string): boolean {
    return existsSync(join(folder, 'materializations.db'))
  }

  /** Notes which views a job is about to mark. */
  note(id: string, views: readonly ReservedView[]): void {
    this.#database.prepare('INSERT OR REPLACE INTO jobs VALUES (?, ?, ?)').run(id, this.#process, JSON.stringify(views))
  }

  /** The views that a job has marked. */
  viewsOf(id: string): readonly ReservedView[] {
    return this.#jobs().find((job) => job.id === id)?.views ?? []
  }

  /** Forgets a job that has marked nothing any more. */
  end(id: string): void {
    this.#database.prepare('DELETE FROM jobs WHERE id = ?').run(id)
  }

  /** Views that dead processes have left marked, those aside that a living one works on, and the jobs to {@link end}. */
  abandoned(): { readonly jobs: readonly string[]; readonly views: readonly ReservedView[] } {
    const jobs = this.#jobs()
    const dead = new Set([...new Set(jobs.map((job) => job.process))].filter((process) => this.#isDead(process)))
    const busy = new Set(
      jobs.filter((job) => !dead.has(job.process)).flatMap((job) => job.views.map(({ view }) => view)),
    )
    const left = jobs.filter((job) => dead.has(job.process))
    const views = left.flatMap((job) => job.views).filter(({ view }) => !busy.has(view))
    return { jobs: left.map(({ id }) => id), views }
  }

  close(): void {
    this.#alive.close()
    rmSync(this.#lockOf(this.#process), { force: true })
    this.#database.close()
  }

  #jobs(): readonly JobRecord[] {
    return this.#database
      .prepare('SELECT * FROM jobs')
      .all()
      .map(({ id, process, views }) => ({
        id: String(id),
        process: String(process),
        views: JSON.parse(String(views)) as readonly ReservedView[],
      }))
  }

  /** A process holds the lock of its file as long as it lives, however it ends. */
  #isDead(process: string): boolean {
    if (process === this.#process) return false
    const path = this.#lockOf(process)
    if (!existsSync(path)) return true
    const lock = new ProcessLock(path)
    const free = lock.take()
    if (free) lock.release()
    lock.close()
    if (free) rmSync(path, { force: true })
    return free
  }

  #lockOf(process: string): string {
    return join(this.#folder, `process-${process}.lock`)
  }
}
