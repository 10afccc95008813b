import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'

/** Types that SQL compares without a cast that could fail. */
const keyClasses: readonly { readonly kind: string; readonly pattern: RegExp }[] = [
  { kind: 'number', pattern: /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\()/ },
  { kind: 'text', pattern: /^(VARCHAR|ENUM|JSON)/ },
  { kind: 'time', pattern: /^(TIMESTAMP|DATE)/ },
]

const classOf = (type: string): string =>
  type.endsWith(']') ? type : (keyClasses.find(({ pattern }) => pattern.test(type))?.kind ?? type)

/** @throws FTS4007 when the key is of another class of types in the two places. */
export function sameKeyClass(given: string, stored: string, key: string, view: string, where: string): void {
  // A column of nulls matches nothing, whatever its type.
  if (given === 'NULL' || classOf(given) === classOf(stored)) return
  throw new FeatureStoreError('FTS4007', {
    message: `The key "${key}" of the feature view "${view}" is ${stored} in its source and ${given} in ${where}.`,
    notes: ['keys are compared as they are, without a cast'],
    field: key,
  })
}
