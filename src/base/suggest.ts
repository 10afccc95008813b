/** The candidate nearest to what was typed, or undefined when none is near enough to be meant. */
export function didYouMean(typed: string, candidates: Iterable<string>): string | undefined {
  const wanted = typed.toLowerCase()
  const farthest = Math.max(1, Math.floor(typed.length / 3))
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const name = candidate.toLowerCase()
    const distance = editDistance(wanted, name)
    if (distance < bestDistance && (distance <= farthest || isShortened(wanted, name))) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** True when only letters are left out, a third of the name at most, as in "drvr". */
function isShortened(typed: string, name: string): boolean {
  const missing = name.length - typed.length
  if (typed.length < 3 || missing < 1 || missing > Math.floor(name.length / 3)) return false
  let at = 0
  for (const letter of name) if (letter === typed[at]) at++
  return at === typed.length
}

/** ` Did you mean "x"?` with its leading blank, or the empty string. */
export function suggestion(typed: string, candidates: Iterable<string>): string {
  const near = didYouMean(typed, candidates)
  return near === undefined ? '' : ` Did you mean "${near}"?`
}

/** `did you mean "x"?`, the hint beside a marked place; undefined when none is near enough. */
export function suggestionHint(typed: string, candidates: Iterable<string>): string | undefined {
  const near = didYouMean(typed, candidates)
  return near === undefined ? undefined : `did you mean "${near}"?`
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min((last[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1)
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}
