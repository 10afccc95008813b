import { expect, test } from 'vitest'
import { splitFeatureReference } from './feature-reference.ts'
import { versionNumber } from './version-number.ts'

test.each([
  ['v2', 2],
  ['Version03', 3],
  ['latest', null],
  ['LATEST', null],
  ['', null],
  ['two', undefined],
  ['v', undefined],
  ['v2x', undefined],
])('the version %j is number %o', (text, number) => {
  expect(versionNumber(text)).toBe(number)
})

test.each([
  ['stats:conv', 'stats', null, 'conv'],
  ['stats', 'stats', null, null],
  ['stats@v2:conv', 'stats', 2, 'conv'],
  ['stats@V2', 'stats', 2, null],
  ['stats@latest:conv', 'stats', null, 'conv'],
  ['stats@:conv', 'stats', null, 'conv'],
  ['stats@version2:conv', 'stats@version2', null, 'conv'],
  ['stats@2:conv', 'stats@2', null, 'conv'],
  ['stats:a:b', 'stats', null, 'a:b'],
])('the reference %j is of view %j, version %o and feature %o, as in Feast', (text, viewName, version, feature) => {
  expect(splitFeatureReference(text)).toEqual({ viewName, version, feature })
})
