/** The parts of a reference such as `driver_stats@v2:conv_rate`. */
export interface FeatureReference {
  readonly viewName: string
  /** Null for the current version, which `@latest` names too. */
  readonly version: number | null
  /** Null for a bare view name: all of its features. */
  readonly feature: string | null
}

/**
 * Takes `view:feature`, `view@vN:feature`, `view@latest:feature` or a bare view name apart. The first colon divides; an
 * `@` that no version follows belongs to the view's name. Nothing is refused: parts may be empty.
 */
export function splitFeatureReference(text: string): FeatureReference {
  const colon = text.indexOf(':')
  const viewPart = colon === -1 ? text : text.slice(0, colon)
  const feature = colon === -1 ? null : text.slice(colon + 1)
  const version = /@(?:v(\d+)|latest)?$/i.exec(viewPart)
  return {
    viewName: version === null ? viewPart : viewPart.slice(0, version.index),
    version: version?.[1] === undefined ? null : Number(version[1]),
    feature,
  }
}
