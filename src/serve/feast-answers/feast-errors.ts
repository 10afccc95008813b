import type { ErrorCode } from '../../base/errors/catalogue.ts'
import type { GrpcStatus } from '../../base/errors/error-entry.ts'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { dumpedJson } from './python-json.ts'

/** An exception class of Feast, as its clients know it from answers. */
export interface FeastClass {
  readonly name: string
  readonly http: 404 | 422 | 500
  /** The code of ours that means the same. */
  readonly code: ErrorCode
}

/** The classes of `feast.errors` that a server answers with. Source of names and statuses: answers of Feast 0.67.0. */
export const feastClasses = {
  featureViewNotFound: { name: 'FeatureViewNotFoundException', http: 404, code: 'FTS3104' },
  objectNotFound: { name: 'FeastObjectNotFoundException', http: 404, code: 'FTS3104' },
  featureServiceNotFound: { name: 'FeatureServiceNotFoundException', http: 404, code: 'FTS3105' },
  entityNotFound: { name: 'EntityNotFoundException', http: 404, code: 'FTS3102' },
  versionNotFound: { name: 'FeatureViewVersionNotFound', http: 404, code: 'FTS2108' },
  requestDataNotFound: { name: 'RequestDataNotFoundInEntityRowsException', http: 404, code: 'FTS5004' },
  nameCollision: { name: 'FeatureNameCollisionError', http: 500, code: 'FTS2105' },
  pushSourceNotFound: { name: 'PushSourceNotFoundException', http: 422, code: 'FTS5020' },
} as const satisfies Readonly<Record<string, FeastClass>>

/** What an error of ours is in Feast when nobody said so: by code. All other errors have no class there. */
const classOfCode = new Map<ErrorCode, FeastClass>(
  [
    feastClasses.featureViewNotFound,
    feastClasses.featureServiceNotFound,
    feastClasses.entityNotFound,
    feastClasses.requestDataNotFound,
    feastClasses.nameCollision,
    feastClasses.pushSourceNotFound,
  ].map((feastClass) => [feastClass.code, feastClass]),
)

/** Says in the cause of an error which class it is in Feast. */
class RaisedAs {
  readonly feastClass: FeastClass

  constructor(feastClass: FeastClass) {
    this.feastClass = feastClass
  }
}

/** An error that Feast has a class for, with the message that its clients find in the answer. */
export function classError(feastClass: FeastClass, message: string): FeatureStoreError {
  return new FeatureStoreError(feastClass.code, { message, cause: new RaisedAs(feastClass) })
}

/** An error for which Feast has no class: a plain Python exception, of which only the text is answered. */
export function plainError(code: ErrorCode, message: string): FeatureStoreError {
  return new FeatureStoreError(code, { message })
}

function feastClassOf(error: FeatureStoreError): FeastClass | undefined {
  return error.cause instanceof RaisedAs ? error.cause.feastClass : classOfCode.get(error.code)
}

/** The answer to a request that failed. */
export interface FeastHttpAnswer {
  readonly status: number
  /** JSON text. */
  readonly body: string
}

/**
 * What Feast's HTTP server answers to an error: a JSON string. It holds JSON in turn for errors of Feast, and the text of
 * every other one. Faults of the server itself, such as a store that cannot be reached, keep their status.
 */
export function feastHttpAnswer(error: FeatureStoreError): FeastHttpAnswer {
  const feastClass = feastClassOf(error)
  if (feastClass === undefined) {
    const status = error.entry.http > 500 || error.entry.http === 413 ? error.entry.http : 500
    return { status, body: JSON.stringify(error.message) }
  }
  const detail = new Map([
    ['module', 'feast.errors'],
    ['class', feastClass.name],
    ['message', error.message],
  ])
  return { status: feastClass.http, body: JSON.stringify(dumpedJson(detail)) }
}

/** FastAPI's own answers, to paths and methods that are not there. */
export function fastApiAnswer(status: 400 | 404 | 405 | 413): FeastHttpAnswer {
  return { status, body: JSON.stringify({ detail: fastApiDetails[status] }) }
}

const fastApiDetails = {
  400: 'There was an error parsing the body',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Request Entity Too Large',
}

/** The calls of Feast's gRPC server. */
export type FeastCall = 'GetOnlineFeatures' | 'Push' | 'WriteToOnlineStore'

export interface FeastGrpcAnswer {
  readonly code: GrpcStatus | 'UNKNOWN'
  readonly details: string
}

/** What Feast's gRPC server answers to an error of a call. */
export function feastGrpcAnswer(error: FeatureStoreError, call: FeastCall): FeastGrpcAnswer {
  const name = feastClassOf(error)?.name
  if (error.entry.http > 500) return { code: error.entry.grpc, details: error.message }
  if (call === 'GetOnlineFeatures') {
    return name === feastClasses.featureServiceNotFound.name
      ? { code: 'INTERNAL', details: error.message }
      : { code: 'UNKNOWN', details: `Exception calling application: ${error.message}` }
  }
  const isArgument = call === 'Push' && name === feastClasses.pushSourceNotFound.name
  return { code: isArgument ? 'INVALID_ARGUMENT' : 'INTERNAL', details: error.message }
}
