/** A text after expansion, and the way back from its offsets to those of the text before. */
export interface ExpandedText {
  readonly text: string
  /** The offset before expansion; a place inside a value belongs to the start of its variable. */
  originalOffset(offset: number): number
}

/**
 * Replaces `$NAME` and `${NAME}` everywhere, comments included; unknown names stay as written and there is no escape.
 * Source: Feast runs Python's `os.path.expandvars` over the file before it parses it.
 */
export function expandVariables(text: string, env: Readonly<Record<string, string | undefined>>): ExpandedText {
  const jumps: {
    readonly start: number
    readonly end: number
    readonly originalStart: number
    readonly delta: number
  }[] = []
  let delta = 0
  const expanded = text.replace(/\$(\w+|\{[^}]*\})/g, (written, name: string, at: number) => {
    const value = env[name.startsWith('{') ? name.slice(1, -1) : name]
    if (value === undefined) return written
    const start = at + delta
    delta += value.length - written.length
    jumps.push({ start, end: start + value.length, originalStart: at, delta })
    return value
  })
  return {
    text: expanded,
    originalOffset: (offset) => {
      const last = jumps.findLast((jump) => jump.start <= offset)
      if (last === undefined) return offset
      return offset < last.end ? last.originalStart : offset - last.delta
    },
  }
}
