import { missingFor, needs, type ServiceName } from './programs.ts'

/** Vitest's global set-up and its end: says below the summary which services' tests were skipped, and why. */
export default function reportMissing(): () => void {
  return () => {
    for (const name of Object.keys(needs) as ServiceName[]) {
      const missing = missingFor(name)
      if (missing !== undefined) console.log(`skipped: tests on ${name}: ${missing}`)
    }
  }
}
