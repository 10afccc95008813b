import { expect, test } from 'vitest'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { ownAnswer } from './grpc-errors.ts'

test('details have the hint of an error, unless its message says the same', () => {
  const hint = 'did you mean "stats"?'
  const error = new FeatureStoreError('FTS3104', { message: 'There is no view "stat".', hint })
  expect(ownAnswer(error)).toEqual({ code: 'NOT_FOUND', details: 'There is no view "stat". (did you mean "stats"?)' })
  const said = new FeatureStoreError('FTS3104', { message: 'There is no view "stat". Did you mean "stats"?', hint })
  expect(ownAnswer(said).details).toBe('There is no view "stat". Did you mean "stats"?')
})
