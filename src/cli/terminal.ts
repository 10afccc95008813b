import { styleText } from 'node:util'

/** What a command reads from and writes to; the process itself, or buffers in a test. */
export interface Terminal {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }

type Style = Parameters<typeof styleText>[0]

/** Colours a text for a stream; the text itself where the stream, NO_COLOR or FORCE_COLOR say so. */
export function paint(output: Output, style: Style, text: string): string {
  return styleText(style, text, { validateStream: true, stream: output })
}

export const processTerminal = (): Terminal => ({
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  cwd: process.cwd(),
})
