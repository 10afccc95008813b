/**
 * The globs of a `.feastignore`: one per line, `#` begins a comment. A glob is matched against the path from the
 * repository's root with `/` between folders; one that matches a folder ignores all that is in it. `*` and `?` stay
 * within a name, `**` stands for any number of folders, `[a-z]` for one character.
 */
export function parseFeastIgnore(text: string): readonly RegExp[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map(globPattern)
}

/** True when a glob matches the path or a folder above it. */
export function isIgnored(path: string, globs: readonly RegExp[]): boolean {
  const names = path.split('/')
  const prefixes = names.map((_, index) => names.slice(0, index + 1).join('/'))
  return globs.some((glob) => prefixes.some((prefix) => glob.test(prefix)))
}

function globPattern(glob: string): RegExp {
  const parts = glob
    .replaceAll('\\', '/')
    .replace(/^(?:\.?\/)+/, '')
    .replace(/\/+$/, '')
    .split('/')
  const last = parts.length - 1
  const source = parts
    .map((part, index) => {
      if (part === '**') return index === last ? '.+' : '(?:[^/]+/)*'
      return namePattern(part) + (index === last ? '' : '/')
    })
    .join('')
  return new RegExp(`^${source}$`)
}

function namePattern(part: string): string {
  return part.replaceAll(/\*+|\?|\[!?[^\]]+\]|[.+^${}()|[\]\\]/g, (token) => {
    if (token.startsWith('*')) return '[^/]*'
    if (token === '?') return '[^/]'
    if (token.length > 1) return token.replace(/^\[!/, '[^').replaceAll('\\', '\\\\')
    return `\\${token}`
  })
}
