import { createHash } from 'node:crypto'
import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import { dummyEntityName } from '../model/entity.ts'
import { emptyRegistry, type RegistryContents } from '../model/registry-contents.ts'
import { registryFromBytes, registryToBytes } from '../wire/registry.ts'
import type { InfrastructureChange } from './infrastructure.ts'
import { type DesiredObjects, definedKinds } from './kinds.ts'
import type { ObjectChange } from './reconcile.ts'

/** What an apply would do, or did. */
export interface Plan {
  readonly project: string
  /** The revision of the registry that the plan was made against. */
  readonly revision: string
  /** True when objects that are not mentioned stay. */
  readonly partial: boolean
  /** New versions of changed views are recorded without becoming the active definition. */
  readonly noPromote: boolean
  /** Every object that the plan looked at, in Feast's order of kinds. */
  readonly registry: readonly ObjectChange[]
  readonly infrastructure: readonly InfrastructureChange[]
  /** What the user should know, one sentence each. */
  readonly warnings: readonly string[]
  /** The objects as they will be stored. */
  readonly desired: DesiredObjects
}

/** True when the plan leaves registry and infrastructure as they are. */
export function isEmptyPlan(plan: Plan): boolean {
  const changes = [...plan.registry, ...plan.infrastructure]
  return changes.every((each) => each.change === 'unchanged')
}

/** The plan without the objects themselves, for `--output json`. */
export function planToJson(plan: Plan): Readonly<Record<string, unknown>> {
  const { desired: _objects, ...shown } = plan
  return { formatVersion, ...shown }
}

const formatVersion = 1
const format = 'feast-ts plan'

interface PlanFile extends Omit<Plan, 'desired'> {
  readonly format: string
  readonly formatVersion: number
  /** The desired objects as a serialised registry, in base64. */
  readonly objects: string
  /** Of everything else in the file. */
  readonly digest: string
}

/** The text of a plan file, for {@link readPlan} on any machine. */
export function writePlan(plan: Plan): string {
  const { desired, ...shown } = plan
  const contents: RegistryContents = { ...emptyRegistry, ...desired }
  const objects = Buffer.from(registryToBytes(contents)).toString('base64')
  const content = { format, formatVersion, ...shown, objects }
  return `${JSON.stringify({ ...content, digest: digestOf(content) }, null, 2)}\n`
}

/**
 * Reads what {@link writePlan} wrote.
 * @throws FTS3202 when the text is not a plan or was changed since, FTS3203 when another version wrote it.
 */
export function readPlan(text: string, path: string): Plan {
  const file = parse(text, path)
  if (file.formatVersion !== formatVersion) {
    throw new FeatureStoreError('FTS3203', {
      message: `The plan ${path} has format version ${String(file.formatVersion)}; this version reads ${formatVersion}.`,
      where: { file: path },
    })
  }
  const { digest, ...content } = file
  if (digestOf(content) !== digest) throw damaged(path, 'its digest does not match its content')
  const { format: _format, formatVersion: _version, objects, ...shown } = content
  const contents = registryFromBytes(Buffer.from(objects, 'base64'))
  const desired = Object.fromEntries(definedKinds.map((kind) => [kind, contents[kind]])) as unknown as DesiredObjects
  return { ...shown, desired }
}

function parse(text: string, path: string): PlanFile {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw damaged(path, 'it is not JSON', cause)
  }
  const isPlan = typeof value === 'object' && value !== null && 'format' in value && value.format === format
  if (!isPlan) throw damaged(path, 'it is not a plan of feast-ts')
  // The digest, checked next, vouches for the rest of the shape.
  return value as unknown as PlanFile
}

function damaged(path: string, reason: string, cause?: unknown): FeatureStoreError {
  return new FeatureStoreError('FTS3202', {
    message: `The plan ${path} cannot be applied: ${reason}.`,
    where: { file: path },
    cause,
  })
}

function digestOf(content: object): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(content)).digest('hex')}`
}

/** Says that a plan no longer fits, unless the registry is still the one that it was made against. */
export function refuseStalePlan(plan: Plan, revision: string, location: string): void {
  if (plan.revision === revision) return
  throw new FeatureStoreError('FTS3201', {
    message: `The registry ${location} has changed since the plan was made.`,
    notes: [
      `the plan was made against ${revisionName(plan.revision)}; the registry is at ${revisionName(revision)}`,
      'make a new plan, and look at it before applying it',
    ],
  })
}

/** A revision as people compare them: its first letters. There is none before the first apply. */
const revisionName = (revision: string): string =>
  revision === '' ? 'an empty registry' : `revision ${revision.slice(0, 12)}`

/** The changes that a person is shown: not the entity that Feast keeps for views without entities. */
export function shownChanges(plan: Plan): readonly ObjectChange[] {
  return plan.registry.filter((change) => change.name !== dummyEntityName)
}
