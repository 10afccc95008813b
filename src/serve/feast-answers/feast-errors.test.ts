import { describe, expect, test } from 'vitest'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import {
  classError,
  fastApiAnswer,
  feastClasses,
  feastGrpcAnswer,
  feastHttpAnswer,
  plainError,
} from './feast-errors.ts'

describe('an error of ours is answered', () => {
  test('with the class that Feast has for it, as JSON in a JSON string', () => {
    const { status, body } = feastHttpAnswer(
      classError(feastClasses.pushSourceNotFound, "Unable to find push source 'x'."),
    )
    expect(status).toBe(422)
    expect(body).toBe(
      '"{\\"module\\": \\"feast.errors\\", \\"class\\": \\"PushSourceNotFoundException\\", \\"message\\": \\"Unable to find push source \'x\'.\\"}"',
    )
  })

  test('by its code when nobody said its class', () => {
    const { status, body } = feastHttpAnswer(new FeatureStoreError('FTS3105', { message: 'no such service' }))
    expect([status, JSON.parse(JSON.parse(body)).class]).toEqual([404, 'FeatureServiceNotFoundException'])
  })

  test('with 500 and its text when Feast has no class for it', () => {
    expect(feastHttpAnswer(plainError('FTS5002', 'ragged'))).toEqual({ status: 500, body: '"ragged"' })
  })

  test('with its own status when the server is at fault', () => {
    expect(feastHttpAnswer(plainError('FTS7006', 'busy')).status).toBe(503)
    expect(feastHttpAnswer(plainError('FTS7007', 'late')).status).toBe(504)
  })

  test('by gRPC with the code that the call has for it', () => {
    const unknownService = classError(feastClasses.featureServiceNotFound, 'no service')
    const unknownSource = classError(feastClasses.pushSourceNotFound, 'no source')
    expect(feastGrpcAnswer(plainError('FTS5002', 'ragged'), 'GetOnlineFeatures').code).toBe('UNKNOWN')
    expect(feastGrpcAnswer(unknownService, 'GetOnlineFeatures').code).toBe('INTERNAL')
    expect(feastGrpcAnswer(unknownSource, 'Push').code).toBe('INVALID_ARGUMENT')
    expect(feastGrpcAnswer(plainError('FTS5022', 'wrong'), 'Push').code).toBe('INTERNAL')
    expect(feastGrpcAnswer(plainError('FTS7007', 'late'), 'GetOnlineFeatures').code).toBe('DEADLINE_EXCEEDED')
  })
})

test('a path that is not there is answered as by FastAPI', () => {
  expect(fastApiAnswer(404)).toEqual({ status: 404, body: '{"detail":"Not Found"}' })
})
