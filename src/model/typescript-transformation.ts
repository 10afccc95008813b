import type { Transformation } from './transformation.ts'

/**
 * How an on-demand function in TypeScript stands in a registry. Python Feast runs the source text of a stored function
 * when it lists a view and refuses modes that it does not know, so an unknown mode would make every listing of the
 * registry fail there. The stored text is therefore a small Python function that says, when called, where the view can
 * be computed; the TypeScript stands in comments below its first line. `spec.mode` is stored as `python`.
 *
 * In the model a transformation of ours has mode `typescript`, and its text is the TypeScript itself. `wire/` calls
 * {@link storedTransformation} before it writes and {@link readTransformation} after it read.
 */
const marker = '# feast-ts: on-demand function in TypeScript'

/** The mode of the model for functions written in TypeScript. */
export const typescriptMode = 'typescript'

/** What Python Feast is told that the mode of such a view is. */
export const storedMode = 'python'

/** A transformation in TypeScript, as the model keeps it. */
export function typescriptTransformation(viewName: string, source: string): Transformation {
  // Python ends a line, and with it a comment, at a lone carriage return too.
  const text = source.replaceAll(/\r\n?/g, '\n')
  return { mode: typescriptMode, name: pythonName(viewName), body: new TextEncoder().encode(text), bodyText: text }
}

/** The form that a registry stores: equal to the argument unless it is TypeScript. */
export function storedTransformation(transformation: Transformation): Transformation {
  if (transformation.mode !== typescriptMode) return transformation
  const comments = transformation.bodyText.split('\n').map((line) => (line === '' ? '#' : `# ${line}`))
  const message = 'this on-demand feature view is a TypeScript function; compute it with feast-ts'
  const python = [`def ${transformation.name}(inputs):`, `    raise NotImplementedError("${message}")`]
  return { ...transformation, mode: storedMode, bodyText: [marker, ...comments, ...python, ''].join('\n') }
}

/**
 * The form of the model: equal to the argument unless its text is what {@link storedTransformation} made. The text
 * decides, not the mode or the body, because Python Feast replaces both when it writes the view again.
 */
export function readTransformation(stored: Transformation): Transformation {
  const lines = stored.bodyText.split('\n')
  if (lines[0] !== marker) return stored
  const end = lines.findIndex((line, index) => index > 0 && !line.startsWith('#'))
  const source = lines.slice(1, end === -1 ? undefined : end).map((line) => line.slice(2))
  return { ...stored, ...typescriptTransformation('', source.join('\n')), name: stored.name }
}

/** A name that Python accepts for a function and that is never one of its keywords. */
function pythonName(viewName: string): string {
  return `run_${viewName.replaceAll(/[^A-Za-z0-9_]/g, '_')}`
}
