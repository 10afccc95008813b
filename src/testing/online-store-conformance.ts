import assert from 'node:assert/strict'
import { batches } from './online-store/batch-rules.ts'
import { Bench } from './online-store/bench.ts'
import { capabilities, precision } from './online-store/capability-rules.ts'
import type { OnlineStoreHarness, ProvedCapability, Rules, TestFramework } from './online-store/harness.ts'
import { infrastructure } from './online-store/infrastructure-rules.ts'
import { ordering } from './online-store/ordering-rules.ts'
import { reading } from './online-store/reading-rules.ts'
import { robustness } from './online-store/robustness-rules.ts'
import { values } from './online-store/value-rules.ts'

export type { OnlineStoreHarness, TestFramework } from './online-store/harness.ts'

const groups: Readonly<Record<string, Rules>> = {
  reading,
  values,
  ordering,
  batches,
  infrastructure,
  robustness,
  capabilities: { ...capabilities, ...precision },
}

/** The rules that every online store keeps. A plug-in's own tests call this once. */
export function describeOnlineStore({ describe, it }: TestFramework, harness: OnlineStoreHarness): void {
  describe(`online store ${harness.name}`, () => {
    for (const [group, rules] of Object.entries(groups)) {
      describe(group, () => {
        for (const [sentence, rule] of Object.entries(rules)) {
          it(sentence, () => judge(harness, sentence, rule))
        }
      })
    }
  })
}

/**
 * A rule that needs a capability which the store says it lacks is tried all the same. That it works then is a fault:
 * what the documentation says of the store comes from what it declares.
 */
async function judge(harness: OnlineStoreHarness, sentence: string, rule: Rules[string]): Promise<void> {
  const bench = await Bench.open(harness)
  try {
    if (typeof rule === 'function') return await rule(bench)
    if (bench.store.capabilities[rule.needs]) return await rule.check(bench)
    const fault = await rule.check(bench).then(
      () => undefined,
      (error: unknown) => error ?? new Error('failed'),
    )
    assert.ok(fault !== undefined, worksUndeclared(rule.needs, sentence))
  } finally {
    await bench.close()
  }
}

const worksUndeclared = (capability: ProvedCapability, sentence: string): string =>
  `declared not implemented, but works: capabilities.${capability} is false, and yet "${sentence}"`
