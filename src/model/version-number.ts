/**
 * The number of a version that a view is pinned to, in either spelling of Feast (`v2`, `version2`), case ignored. Null
 * for the latest, which no text stands for too; undefined when the text is neither.
 */
export function versionNumber(text: string): number | null | undefined {
  if (text === '' || text.toLowerCase() === 'latest') return null
  const digits = /^v(?:ersion)?(\d+)$/i.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
