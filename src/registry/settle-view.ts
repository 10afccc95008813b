import { FeatureStoreError } from '../base/errors/feature-store-error.ts'
import type { AnyFeatureView } from '../model/feature-view.ts'
import type { RegistryContents } from '../model/registry-contents.ts'
import { putView } from './change.ts'
import { diffViews } from './diff.ts'
import { findAnyFeatureView } from './lookup.ts'
import { pinnedVersion } from './pinned-version.ts'
import {
  nextVersion,
  recordVersion,
  restoreVersion,
  schemaChanged,
  type VersionOptions,
  versionsOf,
} from './versions.ts'

interface SettleOptions extends VersionOptions {
  readonly project: string
  /** Record new versions without making them the active definition. */
  readonly noPromote: boolean
}

/**
 * Stores a new or changed view. What the registry learned about it (intervals, state, version) stays; a changed schema
 * makes a new version.
 */
export function settleView(
  contents: RegistryContents,
  before: AnyFeatureView | undefined,
  desired: AnyFeatureView,
  options: SettleOptions,
): RegistryContents {
  const view = before === undefined ? desired : carryOver(before, desired)
  const pin = pinnedVersion(view)
  if (pin !== null) {
    const pinned = { ...view, currentVersion: pin }
    const exists = versionsOf(contents, options.project, view.name).some((record) => record.version === pin)
    const next = putView(contents, pinned)
    return exists ? next : recordVersion(next, pinned, pin, options)
  }
  if (before === undefined) {
    const first = { ...view, currentVersion: 0 }
    return recordVersion(putView(contents, first), first, 0, options)
  }
  return schemaChanged(before, view) ? addVersion(contents, before, view, options) : putView(contents, view)
}

/** The next version of a view whose schema changed. Without promotion only the history learns of it, and only once. */
function addVersion(
  contents: RegistryContents,
  before: AnyFeatureView,
  view: AnyFeatureView,
  options: SettleOptions,
): RegistryContents {
  let next = contents
  if (nextVersion(next, options.project, view.name) === 0) next = recordVersion(next, before, 0, options)
  const newest = versionsOf(next, options.project, view.name).at(-1)
  const recorded = newest === undefined ? undefined : restoreVersion(view.kind, newest)
  if (options.noPromote && recorded !== undefined && !schemaChanged(recorded, view)) return next
  const version = nextVersion(next, options.project, view.name)
  const changed = { ...view, currentVersion: version }
  next = recordVersion(next, changed, version, options)
  return options.noPromote ? next : putView(next, changed)
}

/** What is not the user's to say: it is kept over every change of the definition. */
function carryOver(before: AnyFeatureView, desired: AnyFeatureView): AnyFeatureView {
  return {
    ...desired,
    currentVersion: before.currentVersion,
    versionId: before.versionId,
    state: desired.state === 'UNSPECIFIED' ? before.state : desired.state,
    ...('intervals' in before ? { intervals: before.intervals } : {}),
  }
}

/**
 * The definition that a view pinned to a version stands for: that of the version, when the history has it; else the
 * view itself.
 * @throws FTS3305 when a pin and a changed definition come together, which would lose one of the two.
 */
export function resolvePin<T extends AnyFeatureView>(contents: RegistryContents, desired: T, project: string): T {
  const pin = pinnedVersion(desired)
  const history = pin === null ? [] : versionsOf(contents, project, desired.name)
  const record = history.find((each) => each.version === pin)
  const restored = record === undefined ? undefined : restoreVersion(desired.kind, record)
  if (restored === undefined) return desired
  const active = findAnyFeatureView(contents, project, desired.name)
  const known = [active, ...history.map((each) => restoreVersion(desired.kind, each))]
  const differences = known.map((each) => (each === undefined ? ['kind'] : changesBeside(each, desired)))
  if (!differences.some((names) => names.length === 0)) {
    throw new FeatureStoreError('FTS3305', {
      message: `View "${desired.name}" is pinned to ${desired.version} and its definition differs from the registered one.`,
      notes: [`what differs: ${(differences[0] ?? []).join(', ')}`],
    })
  }
  // The record is of this kind of view: restoreVersion looked.
  return { ...restored, version: desired.version } as T
}

/** Names of the properties that differ, other than the pin itself. */
function changesBeside(before: AnyFeatureView, desired: AnyFeatureView): readonly string[] {
  return diffViews(before, desired)
    .map((change) => change.property)
    .filter((property) => property !== 'version')
}
