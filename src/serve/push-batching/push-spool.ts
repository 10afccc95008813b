import { randomUUID } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { openStateDatabase, stateUnusable } from '../state-files.ts'

/** Rows of one push for one batch source. */
export interface SpoolRecord {
  /** Name of the batch source. */
  readonly source: string
  readonly pushSource: string
  /** What records must have in common to be written together: the columns and their types. */
  readonly shape: string
  readonly rowCount: number
  /** The rows as an Arrow IPC stream. */
  readonly rows: Uint8Array
}

/** Records that are written to the offline store in one step. Its content never changes until it is done. */
export interface SpoolBatch {
  readonly source: string
  /** Rises from batch to batch of a spool. */
  readonly sequence: number
  readonly records: readonly (SpoolRecord & { readonly id: number })[]
}

export interface SpoolBacklog {
  readonly source: string
  readonly rows: number
  /** When the oldest record was accepted, in milliseconds of the epoch. */
  readonly oldestMillis: number
}

const tables = `
  CREATE TABLE IF NOT EXISTS spool (id TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS batches (sequence INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, push_source TEXT NOT NULL, shape TEXT NOT NULL,
    row_count INTEGER NOT NULL, accepted_millis INTEGER NOT NULL, batch INTEGER REFERENCES batches, rows BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS backlog ON records (source, batch, id, row_count, accepted_millis);
  CREATE INDEX IF NOT EXISTS of_batch ON records (batch);
`

/**
 * Rows that were accepted and are not in the offline store yet: an SQLite database in WAL mode with full
 * synchronisation, so that what {@link add} has returned for survives the death of the process and of the machine. All
 * workers of a machine share it. The file must be on a local disk.
 *
 * A batch is fixed, in the database, before it is written anywhere: a process that dies leaves it as it is, and the
 * next one writes the same rows under the same {@link id} and sequence, by which the offline store knows them.
 */
export class PushSpool {
  /** Of this file, for ever. */
  readonly id: string
  readonly path: string
  readonly #database: DatabaseSync
  readonly #add: StatementSync
  readonly #backlog: StatementSync

  /** @throws FTS7010 when the file cannot be opened or is something else. */
  constructor(path: string) {
    this.path = path
    this.#database = openStateDatabase(path, tables)
    this.id = this.#read(() => this.#ownId())
    this.#add = this.#database.prepare(
      'INSERT INTO records (source, push_source, shape, row_count, accepted_millis, rows) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#backlog = this.#database.prepare(
      'SELECT source, sum(row_count) AS rows, min(accepted_millis) AS oldest FROM records GROUP BY source',
    )
  }

  /** Keeps records, all or none; they are on disk when it returns. @throws FTS7010 */
  add(records: readonly SpoolRecord[], nowMillis: number): void {
    this.#within(() => {
      for (const { source, pushSource, shape, rowCount, rows } of records) {
        this.#add.run(source, pushSource, shape, rowCount, nowMillis, rows)
      }
    })
  }

  /** What waits, by batch source. */
  backlog(): readonly SpoolBacklog[] {
    return this.#read(() => this.#backlog.all()).map(({ source, rows, oldest }) => ({
      source: String(source),
      rows: Number(rows),
      oldestMillis: Number(oldest),
    }))
  }

  /**
   * The oldest batch of a source that is not done, else a new one of its oldest records of one shape, up to about so
   * many rows; null when there is nothing. Only the holder of the spool's lock may ask.
   */
  nextBatch(source: string, mostRows: number): SpoolBatch | null {
    const sequence = this.#openBatch(source) ?? this.#newBatch(source, mostRows)
    if (sequence === null) return null
    const found = this.#read(() =>
      this.#database.prepare('SELECT * FROM records WHERE batch = ? ORDER BY id').all(sequence),
    )
    const records = found.map((row) => ({
      id: Number(row.id),
      source,
      pushSource: String(row.push_source),
      shape: String(row.shape),
      rowCount: Number(row.row_count),
      rows: row.rows instanceof Uint8Array ? row.rows : new Uint8Array(),
    }))
    return { source, sequence, records }
  }

  /** Forgets a batch: its rows are elsewhere now. */
  done({ sequence }: SpoolBatch): void {
    this.#within(() => {
      this.#database.prepare('DELETE FROM records WHERE batch = ?').run(sequence)
      this.#database.prepare('DELETE FROM batches WHERE sequence = ?').run(sequence)
    })
  }

  /** Makes every record of a batch a batch of its own, so that one that cannot be written does not hold up the others. */
  split({ sequence, source, records }: SpoolBatch): void {
    this.#within(() => {
      const begin = this.#database.prepare('INSERT INTO batches (source) VALUES (?)')
      const move = this.#database.prepare('UPDATE records SET batch = ? WHERE id = ?')
      for (const { id } of records) move.run(begin.run(source).lastInsertRowid, id)
      this.#database.prepare('DELETE FROM batches WHERE sequence = ?').run(sequence)
    })
  }

  close(): void {
    this.#database.close()
  }

  #ownId(): string {
    this.#database.exec(`INSERT INTO spool SELECT '${randomUUID()}' WHERE NOT EXISTS (SELECT 1 FROM spool)`)
    return String(this.#database.prepare('SELECT id FROM spool').get()?.id)
  }

  #openBatch(source: string): number | null {
    const find = 'SELECT sequence FROM batches WHERE source = ? ORDER BY sequence LIMIT 1'
    const found = this.#read(() => this.#database.prepare(find).get(source))
    return found === undefined ? null : Number(found.sequence)
  }

  #newBatch(source: string, mostRows: number): number | null {
    const waiting = `SELECT id, shape, sum(row_count) OVER (ORDER BY id) - row_count AS before FROM records
      WHERE source = ? AND batch IS NULL ORDER BY id`
    return this.#within(() => {
      const taken: number[] = []
      let shape: unknown
      for (const record of this.#database.prepare(waiting).iterate(source)) {
        shape ??= record.shape
        if (record.shape !== shape || (taken.length > 0 && Number(record.before) >= mostRows)) break
        taken.push(Number(record.id))
      }
      if (taken.length === 0) return null
      const { lastInsertRowid } = this.#database.prepare('INSERT INTO batches (source) VALUES (?)').run(source)
      const move = this.#database.prepare('UPDATE records SET batch = ? WHERE id = ?')
      for (const id of taken) move.run(lastInsertRowid, id)
      return Number(lastInsertRowid)
    })
  }

  #within<T>(work: () => T): T {
    return this.#read(() => {
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        this.#database.exec('COMMIT')
        return result
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
        throw error
      }
    })
  }

  #read<T>(work: () => T): T {
    try {
      return work()
    } catch (cause) {
      throw stateUnusable(this.path, cause)
    }
  }
}
