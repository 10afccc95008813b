/**
 * What a step of a case must do where feast-ts and Feast differ on purpose.
 * - `refuse`: the step has to fail with an error of ours.
 * - `accept`: the step has to succeed; what it did is seen in the steps after it.
 * - `oracle`: the step has to give what the runner computes on its own from the case's data, by the rule as written in
 *   `ours` (`case-oracle.ts`).
 */
export type Judgement = 'refuse' | 'accept' | 'oracle'

/** A deliberate difference from Feast. It holds for every case of the rules, whatever their data. */
export interface Difference {
  /** Rules of the goldens (`rule` in case.json) that meet it. */
  readonly rules: readonly string[]
  readonly title: string
  /** What Feast 0.67.0 does. */
  readonly feast: string
  /** What feast-ts does instead. */
  readonly ours: string
  readonly reason: string
  /** By operation; operations that are not named are judged by what Feast did. */
  readonly steps: Readonly<Record<string, Judgement>>
  /** Columns that results of Feast have and ours do not. */
  readonly columnsOfFeast?: readonly string[]
  /** True when Feast's online store has join keys among the features of a row, and ours does not. */
  readonly keysAsFeatures?: true
  /** True when `steps` holds only for what Feast fails at; what it does is judged by what it did. */
  readonly whereFeastFails?: true
}

export const differences: readonly Difference[] = [
  {
    rules: ['mat_null_join_key'],
    title: 'A null join key in a source does not stop materialization',
    feast: 'The whole view fails with a ValueError; nothing is written and no interval is recorded.',
    ours: 'Rows with a null join key are left out and counted in the summary; all other rows are written.',
    reason:
      'One bad row of millions should not keep the good ones from being served, and a null key can never be asked for.',
    steps: { materialize: 'accept', online_dump: 'oracle', intervals: 'oracle' },
  },
  {
    rules: ['mat_intervals_append', 'push_older_row_overwrites'],
    title: 'An older event never replaces a newer one',
    feast:
      'The SQLite store overwrites blindly: an older window that is materialized later, and an older row that is pushed later, replace what is newer; within one push the last row wins.',
    ours: 'The row with the latest event time stays, in every store and within a batch; of equal event times the later created one, then the one written last.',
    reason:
      "The online store answers with the latest values. What they are must not depend on the order in which jobs happen to run. Feast's own Redis store behaves so.",
    steps: { online_dump: 'oracle' },
  },
  {
    rules: [
      'mat_incremental_first_ttl',
      'mat_incremental_first_ttl_long',
      'mat_incremental_ttl_zero',
      'mat_incremental_ttl_none',
    ],
    title: 'The first incremental materialization counts back from its end, not from now',
    feast:
      'It starts at now less the ttl, or 52 weeks ago when there is no ttl, whatever the end; with an end in the past the window is reversed, nothing is written, and the reversed window is recorded.',
    ours: 'It starts at the end less the ttl, or at the oldest row of the source when there is no ttl.',
    reason:
      "The result is then a function of the arguments: running it for yesterday's end tomorrow gives what running it yesterday gave. Without a ttl no value is too old, so none is left out.",
    steps: { materialize_incremental: 'accept', online_dump: 'oracle', intervals: 'oracle' },
  },
  {
    rules: ['mat_push_source_field_mapping'],
    title: 'A view on a push source is materialized with the field mapping of the batch source',
    feast:
      'It takes the mapping of the push source, which has none, and fails with a ValueError; historical retrieval of the same view works.',
    ours: 'Both use the mapping of the batch source, where the rows are.',
    reason: 'A view that can be read from history can be served.',
    steps: { materialize: 'accept', online_dump: 'oracle', intervals: 'oracle' },
  },
  {
    rules: ['odfv_python_singleton'],
    title: 'An on-demand function over single rows runs per row in historical retrieval too',
    feast:
      'The function receives whole lists in historical retrieval and fails with a TypeError or computes nonsense; online it receives one row.',
    ours: 'It receives one row in both.',
    reason: 'Training and serving must compute the same thing; that is what a feature store is for.',
    steps: { historical: 'oracle' },
  },
  {
    rules: ['range_two_views', 'range_start_not_a_filter'],
    title: 'A date range without entity rows gives every key seen in it, as of its end',
    feast:
      'The file store ignores the start; with two views it joins them on no key, keeps one row of the second view and adds a key column with a suffix. The duckdb store refuses.',
    ours: 'One row per key that has an event from start to end (inclusive) in any of the views, with the values of all views as of the end; values may be older than the start, within the ttl.',
    reason: 'It is what the Spark and BigQuery stores of Feast do, and what the arguments say.',
    steps: { historical: 'oracle' },
  },
  {
    rules: ['entity_column_named_like_feature'],
    title: 'An entity column named like a requested feature is refused',
    feast: 'The file store renames the feature to `name__`; the duckdb store fails because of a duplicate column.',
    ours: 'The request is refused with the names; full feature names avoid it.',
    reason: 'A column that silently changes its name ends up in the wrong place of a model.',
    steps: { historical: 'refuse' },
  },
  {
    rules: ['pull_latest_no_keys'],
    title: 'A pull without keys gives one latest row, and no column that nobody asked for',
    feast:
      'The file store does not reduce to the latest row and adds a column `__dummy_id`; the duckdb store reduces but adds no column.',
    ours: 'pullLatest gives the one latest row, pullAll all rows; columns are those asked for.',
    reason: 'A view without entities has one value at a time. Its storage key is a matter of the online store.',
    steps: { pull_latest: 'oracle', pull_all: 'oracle' },
  },
  {
    rules: ['dataset_other_timestamp_name'],
    title: 'A saved data set whose times are in another column than event_timestamp can be read back',
    feast:
      'The file store registers it and fails when it is read (KeyError); the duckdb store fails while saving and leaves the file behind.',
    ours: 'It is read by its only column of times.',
    reason: 'What can be saved can be read.',
    steps: { save_dataset: 'accept', read_dataset: 'oracle' },
  },
  {
    rules: ['dataset_directory_overwrite'],
    title: 'Overwriting a saved data set replaces it, also when it is a folder',
    feast: 'A folder only gains another file, so the old rows stay among the new ones.',
    ours: 'The files of the folder are replaced.',
    reason: 'Overwrite means overwrite; a training set that mixes two runs is wrong without anyone noticing.',
    steps: { read_parquet: 'oracle', read_dataset: 'oracle' },
  },
  {
    rules: ['log_features'],
    title: 'Feature logs are read back with the columns that were logged',
    feast: 'Reading adds a column `__dummy_id`; logs that are partitioned by date cannot be read back (KeyError).',
    ours: 'The columns are those of the log, also when it is partitioned.',
    reason: 'What can be logged can be read; the key of views without entities has no place in a log.',
    steps: { read_logs: 'oracle' },
    columnsOfFeast: ['__dummy_id'],
    whereFeastFails: true,
  },
  {
    rules: ['malformed_ref'],
    title: 'The bare name of a view stands for all its features',
    feast: 'A reference without a colon is refused with a ValueError.',
    ours: 'A bare view name asks for all features of the view. Other malformed references are refused.',
    reason: 'Feature services allow whole views, and so do the references of every other call.',
    steps: { historical: 'oracle' },
  },
  {
    rules: ['mat_batch_view_transform'],
    title: 'Python functions of batch views are kept but not run',
    feast:
      'The file store runs a pandas function over all rows of the source before it keeps the latest; the duckdb store fails with a KeyError.',
    ours: 'Materializing such a view is refused with the reason; nothing is written and no interval is recorded. The function stays in the registry byte for byte.',
    reason: 'There is no Python in this process, and serving the untransformed columns would be wrong.',
    steps: { materialize: 'refuse', online_dump: 'oracle', intervals: 'oracle' },
  },
  {
    rules: ['mat_stream_view_plain', 'mat_odfv_write_to_online'],
    title: 'A join key is not stored as a feature of its own',
    feast:
      'A join key that the schema of a stream view or of a stored on-demand view names is written to the online store a second time, as a feature.',
    ours: 'Join keys are key columns in every kind of view.',
    reason:
      'The value is the key by which the row is found; a plain feature view of the same schema does not store it either.',
    steps: {},
    keysAsFeatures: true,
  },
  {
    rules: ['mat_odfv_write_to_online'],
    title: 'Stored values of an on-demand view say when the event was that they were computed from',
    feast: 'Event time and created time are both the time of the run.',
    ours: 'The event time is the time of the run, the created time is the event time of the source row.',
    reason: 'Of several source views the latest event then counts, whatever the order in which they are computed.',
    steps: { online_dump: 'oracle' },
  },
  {
    rules: ['write_offline_field_mapping'],
    title: 'Rows can be appended to a source with a field mapping',
    feast:
      'Columns are compared with the file under one set of names and renamed afterwards, so no frame fits a source with a field mapping (ValueError).',
    ours: 'The columns of the rows are those of the source, by logical name or by the name that they have in the file; a push takes the same names online and offline.',
    reason: 'The names that a view is defined and read with are the ones that people know.',
    steps: { write_offline: 'accept', read_parquet: 'oracle' },
  },
  {
    rules: [
      'ttl_expired_by_one_microsecond',
      'ttl_expired_latest_but_older_also_expired',
      'future_only',
      'duplicates_exact',
      'duplicates_with_different_labels',
      'two_views_different_entities',
      'row_order_unsorted_entities',
    ],
    title: 'Every entity row comes out exactly once, in the order in which it came in',
    feast:
      'The file store drops rows whose key has history but nothing within the ttl, merges rows of equal keys and time (their labels are lost), and orders rows by the time of what was found. The duckdb store keeps all rows, in no particular order.',
    ours: 'One row per entity row, in input order, with nulls where nothing matches.',
    reason: 'Labels and predictions belong to rows by position; a training set must not shrink or shuffle on its own.',
    steps: {},
  },
  {
    rules: ['tie_no_created_column', 'tie_same_created', 'tie_created_many_rows', 'bulk_random'],
    title: 'Ties of event time and created time are decided by the position in the file',
    feast:
      'The two stores take different rows, the file store sometimes not even the one created last; SQL stores give one output row per tied row.',
    ours: 'The greatest event time, then the greatest created time (null is the smallest), then the last row in the file.',
    reason: 'The same request gives the same answer, whatever the engine and the number of threads.',
    steps: {},
  },
  {
    rules: ['null_join_key_both_sides', 'null_join_key_entity_only', 'source_ts_null', 'ts_null_entity'],
    title: 'Null keys and null times match nothing',
    feast:
      'In the file store a null key finds rows with a null key, and a source row without an event time is used when there is no other; entity rows without a time are dropped.',
    ours: 'They match nothing; the entity row comes out with nulls.',
    reason: 'A null is not a key, and a row of unknown time may be from the future.',
    steps: {},
  },
  {
    rules: ['ts_string_entity', 'ts_string_offset_entity', 'ts_date_only_string', 'ts_object_datetime_entity'],
    title: 'Times of entity rows may be ISO-8601 text',
    feast: 'The file store fails on them; the duckdb store parses them.',
    ours: 'They are parsed; without an offset they are UTC, a date alone is its midnight.',
    reason: 'CSV files and JSON have no other way to write a time.',
    steps: {},
  },
  {
    rules: ['odfv_only', 'odfv_pandas', 'odfv_python', 'odfv_service', 'demo_driver_stats_historical'],
    title: 'Only the requested columns come out',
    feast:
      'A request for an on-demand output also returns every feature of the views that it is computed from, in an order that changes from run to run.',
    ours: 'The entity columns and the requested features, in requested order.',
    reason: 'What a model was trained on is what was asked for.',
    steps: {},
  },
  {
    rules: ['dtypes_scalar_and_null_promotion', 'dtypes_lists'],
    title: 'Types of the source stay when values are missing',
    feast:
      'The file store turns whole numbers next to nulls into doubles, which lose digits beyond 2^53, and reports NaN as null.',
    ours: 'Columns keep their type, with nulls.',
    reason: 'A 64-bit id that was changed finds nothing.',
    steps: {},
  },
  {
    rules: ['mat_entity_less', 'demo_driver_stats_materialize', 'source_ts_nanoseconds'],
    title: 'Views without entities and sources with nanosecond times can be materialized',
    feast: 'The duckdb store fails on both; the file store does it.',
    ours: 'Both are materialized; nanoseconds are cut to microseconds.',
    reason: '`feast init` of Python makes exactly such a source.',
    steps: {},
  },
  {
    rules: [],
    title: 'A missing time is stored as a missing value',
    feast: 'A missing UNIX_TIMESTAMP of a data frame is stored as the number -9223372036854775808.',
    ours: 'It is stored as an empty value, like every other missing value. The number is read as missing.',
    reason: 'Every reader of the store would have to know the number.',
    steps: {},
  },
  {
    rules: [],
    title: 'Empty bytes are a value',
    feast:
      'Empty BYTES are stored as a missing value when no other row of the same write has any bytes, else as empty bytes.',
    ours: 'They are stored as empty bytes.',
    reason: 'What a row says must not depend on the rows that happen to be written with it.',
    steps: {},
  },
  {
    rules: [],
    title: 'Event times in SQLite are true UTC in every time zone',
    feast: 'The stored second depends on the time zone of the process that writes.',
    ours: 'It is the second since 1970 in UTC; processes with TZ=UTC, which is the only safe setting for Feast, write the same.',
    reason: 'Writers and readers run on different machines.',
    steps: {},
  },
  {
    rules: [],
    title: 'Tearing down a project leaves the other projects alone',
    feast: 'It deletes the whole SQLite file and every project of the registry.',
    ours: 'It drops the tables and registry objects of this project only.',
    reason: 'Projects may share a registry and an online store; the configuration names one of them.',
    steps: {},
  },
  {
    rules: [],
    title: 'Deleting from Redis takes only what belongs to the project and the view',
    feast:
      'It looks for keys with a pattern made of raw bytes, in which some lengths of names are wildcards, and which matches projects whose names end alike: tearing down `shop` empties `my_shop`. It reads event times and writes rows in two steps, so of two writers the one with the older event may come last.',
    ours: 'Every key that is found is taken apart and compared first. Comparing and writing are one step of the server, and so are the steps of deleting.',
    reason: 'A Redis server is shared by projects, and loads and pushes happen at the same time.',
    steps: {},
  },
  {
    rules: [],
    title: 'The registry file is replaced as a whole, by one writer at a time',
    feast: 'The file is written in place without a lock: a reader can see half of it, and of two writers one loses.',
    ours: 'Writers take turns, and a file is renamed into place when it is complete. A truncated or foreign file is refused and left as it is.',
    reason: 'Losing the record of what is materialized means serving what is not there.',
    steps: {},
  },
]

/** What all differences together say of a rule. */
export function differenceOf(
  rule: string,
): Pick<Difference, 'steps' | 'columnsOfFeast' | 'keysAsFeatures' | 'whereFeastFails'> {
  const met = differences.filter((difference) => difference.rules.includes(rule))
  return Object.assign({}, ...met, { steps: Object.assign({}, ...met.map((difference) => difference.steps)) })
}
