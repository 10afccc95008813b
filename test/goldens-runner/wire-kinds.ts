import { objectOf, readGoldenJson } from './golden-json.ts'
import { Checks, type Outcome } from './outcome.ts'
export function wireFolder(_folder: string, _name: string): (() => Promise<Outcome>) | undefined {
  return undefined
}
export async function wireFile(path: string, name: string): Promise<Outcome> {
  const checks = new Checks()
  checks.fail('file', Object.keys(objectOf(readGoldenJson(path))), 'x')
  return checks.outcome(name)
}
