import type { FeatureStoreConfig } from './feature-store-config.ts'

/** Where a rule shows: in answers over HTTP or gRPC, in what writes do, or in the shape of errors. */
export type CompatibilityArea = 'read' | 'write' | 'http' | 'grpc'

/** A place where servers differ from Feast's on purpose, and what `compatibility: feast` turns back. */
export interface CompatibilityRow {
  readonly area: CompatibilityArea
  readonly title: string
  /** What Feast 0.67.0 does, and feast-ts with `compatibility: feast`. */
  readonly feast: string
  readonly ours: string
}

/**
 * The one table of what `compatibility: feast` turns back. The code asks for its rules by name
 * ({@link compatibilityRules}), and `docs/differences-from-feast.md` has a section made of it.
 */
export const compatibilityTable = {
  ttlIsIgnored: {
    area: 'read',
    title: 'Values older than the ttl of their view',
    feast: 'are `PRESENT`, whatever their age',
    ours: 'are `OUTSIDE_MAX_AGE`; `serving.stale_values` says whether the value is kept',
  },
  nullsArePresent: {
    area: 'read',
    title: 'A stored or computed null',
    feast: 'is `PRESENT`',
    ours: 'is `NULL_VALUE`',
  },
  missingIsAsTheStoreSays: {
    area: 'read',
    title: 'A key that is not there',
    feast: 'is `NOT_FOUND` in SQL stores and DynamoDB, and `PRESENT` with a null in Redis',
    ours: 'is `NOT_FOUND` in every store',
  },
  valuesAreAsStored: {
    area: 'read',
    title: 'The number that Feast stores for a missing time, and the fields that a stored struct lacks',
    feast: 'are the number -9223372036854775808, and are left out',
    ours: 'are null',
  },
  partialKeysAreRead: {
    area: 'read',
    title: 'A view with two join keys of which the request has one',
    feast: 'is read with the one, which finds nothing',
    ours: 'is a 400 that names the missing key',
  },
  everyKnownKeyIsAnswered: {
    area: 'read',
    title: 'Entity columns that no requested view needs',
    feast: 'are answered when they are a join key of the project, and left out otherwise',
    ours: 'are left out',
  },
  entityNamesAreKeys: {
    area: 'read',
    title: 'The name of an entity in place of its join key',
    feast: 'is taken, its values as they come, whatever the type of the key',
    ours: 'is a 400 that names the join key',
  },
  entityValuesAreConverted: {
    area: 'read',
    title: 'Entity values of another type',
    feast: 'are converted as Python does: `"1001"`, `1001.5` and `true` are int64 keys, `5` is the string `"5"`',
    ours: 'are a 400, unless nothing is lost',
  },
  requestValuesAreGuessed: {
    area: 'read',
    title: 'Request values of on-demand views',
    feast: 'have the type of the first one that is there, and reach the function so',
    ours: 'have the declared type',
  },
  requestValuesAreNotAnswered: {
    area: 'read',
    title: 'The columns of request values',
    feast: 'are left out of the answer',
    ours: 'are part of the answer, as other entity columns are',
  },
  singletonsAnswerOnce: {
    area: 'read',
    title: 'Outputs of an on-demand function over single rows',
    feast: 'are one value, that of the first row, whatever the number of rows',
    ours: 'are one value per row',
  },
  pythonOutputsHaveNoFullNames: {
    area: 'read',
    title: 'Outputs of an on-demand view of mode `python` under full names',
    feast: 'are left out of the answer',
    ours: 'are answered',
  },
  emptyEntitiesFail: {
    area: 'read',
    title: 'Views without entities',
    feast: 'need some entity column to tell the number of rows; an empty `entities` is a 500',
    ours: 'are read with one empty row: `[{}]`',
  },
  busyViewsFail: {
    area: 'read',
    title: 'A view that is being materialized',
    feast: 'serves nothing until that is done, unless the registry has `serve_features_while_materializing`',
    ours: 'serves what it has when it was materialized before',
  },
  bareViewNamesFail: {
    area: 'read',
    title: 'A reference without a colon',
    feast: 'is a 500',
    ours: 'stands for all features of the view',
  },
  laterWritesReplaceNewerEvents: {
    area: 'write',
    title: 'A row with an older event than the one that is there',
    feast: 'replaces it, and the last row of a key in a request wins; in Redis the newest event stays',
    ours: 'is left aside; the newest event stays in every store',
  },
  numbersAreNanoseconds: {
    area: 'write',
    title: 'A number as a time',
    feast: 'is nanoseconds of the epoch',
    ours: 'is a 422: times are ISO 8601 texts',
  },
  framesAreConverted: {
    area: 'write',
    title: 'Columns of pushed rows',
    feast:
      'are converted as a pandas data frame does: numbers beside nulls become doubles, single values stand for every row, texts of digits are integers',
    ours: 'have values of the declared type, one per row',
  },
  mixedTimesFail: {
    area: 'write',
    title: 'Texts of times in several formats',
    feast: 'are a 500: the first one says the format of the column',
    ours: 'are read one by one',
  },
  batchingNeedsBothNumbers: {
    area: 'write',
    title: 'Batching of offline pushes that is switched on without a batch size or without an interval',
    feast: 'is off',
    ours: 'has 1000 rows and 30 seconds',
  },
  errorsAreOfFeast: {
    area: 'http',
    title: 'Bodies of errors',
    feast:
      'are a JSON string that holds JSON `{"module", "class", "message"}` for errors of Feast, a JSON string for every other, and FastAPI\'s `{"detail"}` for requests that do not fit',
    ours: 'are `{"code", "message", "field", "hint"}`',
  },
  faultsAre500: {
    area: 'http',
    title: 'Faults of a request: an unknown feature, a missing key, columns of unequal length, a wrong type',
    feast: 'are a 500',
    ours: 'are 400, 404 or 422',
  },
  bodiesAreConverted: {
    area: 'http',
    title: 'Fields of a body',
    feast: 'are converted (`"true"` for true); fields that nobody knows are ignored',
    ours: 'are of their type; an unknown field is refused with a suggestion',
  },
  faultsAreUnknown: {
    area: 'grpc',
    title: 'Faults of GetOnlineFeatures',
    feast: 'are `UNKNOWN`; an unknown feature service is `INTERNAL`',
    ours: 'are `INVALID_ARGUMENT` and `NOT_FOUND`',
  },
  sentValuesAreKept: {
    area: 'grpc',
    title: 'Entity values',
    feast: 'are looked up in the case that they were sent in: an `int64_val` finds nothing under an Int32 key',
    ours: 'are converted to the type of the key where nothing is lost, else `INVALID_ARGUMENT`',
  },
  requestValuesFail: {
    area: 'grpc',
    title: 'Request values of on-demand views',
    feast: 'are `UNKNOWN` in `entities`; those in `request_context` are not looked at',
    ours: 'are taken from `entities` and from `request_context`',
  },
  textsHoldNoLists: {
    area: 'grpc',
    title: 'Lists and maps in `features` of a push, which holds texts',
    feast: 'are `INTERNAL`',
    ours: 'are read as JSON',
  },
  onlyGrpcFeatureServer: {
    area: 'grpc',
    title: 'Services',
    feast: 'are `GrpcFeatureServer` and the health of the whole server',
    ours: 'are also `feast.serving.ServingService`, reflection, and the health of each service',
  },
} as const satisfies Readonly<Record<string, CompatibilityRow>>

export type CompatibilityRule = keyof typeof compatibilityTable

/** Which rules of the table hold. */
export type CompatibilityRules = Readonly<Record<CompatibilityRule, boolean>>

function all(value: boolean): CompatibilityRules {
  const rules = Object.keys(compatibilityTable).map((name) => [name, value])
  return Object.freeze(Object.fromEntries(rules)) as CompatibilityRules
}

const none = all(false)
const feast = all(true)

/** The rules that a configuration asks for: all of them with `compatibility: feast`, else none. */
export function compatibilityRules(config: Pick<FeatureStoreConfig, 'compatibility'>): CompatibilityRules {
  return config.compatibility === 'feast' ? feast : none
}
