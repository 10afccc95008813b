import { configErrors } from './config-errors.ts'
import { definitionErrors } from './definition-errors.ts'
import type { ErrorEntry } from './error-entry.ts'
import { internalErrors } from './internal-errors.ts'
import { materializeErrors } from './materialize-errors.ts'
import { offlineErrors } from './offline-errors.ts'
import { onlineErrors } from './online-errors.ts'
import { pluginErrors } from './plugin-errors.ts'
import { registryErrors } from './registry-errors.ts'
import { servingErrors } from './serving-errors.ts'

/** Every error code of the product; one fault, one code. */
export const errorCatalogue = {
  ...configErrors,
  ...definitionErrors,
  ...registryErrors,
  ...offlineErrors,
  ...onlineErrors,
  ...materializeErrors,
  ...servingErrors,
  ...pluginErrors,
  ...internalErrors,
} as const

export type ErrorCode = keyof typeof errorCatalogue

/** The entry of a code, or undefined when there is no such code. */
export function errorEntry(code: string): ErrorEntry | undefined {
  return (errorCatalogue as Readonly<Record<string, ErrorEntry>>)[code]
}
