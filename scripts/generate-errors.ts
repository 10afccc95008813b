// Writes docs/errors.md: every error with its meaning and, as an example, the text that its fixture in
// test/error-gallery produces. Run it again: nothing changes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { errorCatalogue } from '../src/base/errors/catalogue.ts'
import type { ErrorEntry } from '../src/base/errors/error-entry.ts'

/** What the first digit of a code says. */
const ranges: Readonly<Record<string, string>> = {
  1: 'Configuration and command line',
  2: 'Definitions, references and on-demand functions',
  3: 'Registry, plan and apply',
  4: 'Historical retrieval and the offline store',
  5: 'Online reads and writes, values and keys',
  6: 'Materialization',
  7: 'Servers and authentication',
  8: 'Stores, engines and their drivers',
  9: 'Faults of feast-ts',
}

function section([code, entry]: readonly [string, ErrorEntry]): string {
  const example = new URL(`../test/error-gallery/examples/${code}.txt`, import.meta.url)
  const text = existsSync(example) ? `\n\`\`\`text\n${readFileSync(example, 'utf8').trimEnd()}\n\`\`\`\n` : ''
  const retry = entry.retryable ? ' The same call may succeed later.' : ''
  return `### ${code}: ${entry.title}\n${text}\n${entry.cause}${retry}\n\n**What to do:** ${entry.fix}\n\nHTTP ${entry.http} · gRPC \`${entry.grpc}\`\n`
}

const entries: readonly (readonly [string, ErrorEntry])[] = Object.entries(errorCatalogue)
const chapters = Object.entries(ranges).flatMap(([digit, title]) => {
  const own = entries.filter(([code]) => code[3] === digit).sort(([a], [b]) => (a < b ? -1 : 1))
  return own.length === 0 ? [] : [`## ${title}\n\n${own.map(section).join('\n')}`]
})

const page = `# Errors

Every error of feast-ts has a code. \`feast explain CODE\` says the same as this page, offline. With \`--json\` an error is
an object on stderr; with \`--debug\` it comes with its stack. The examples are what tests provoke, word for word; an error
without one needs conditions that a test cannot make.

<!-- Written by scripts/generate-errors.ts from src/base/errors and test/error-gallery; do not edit. -->

${chapters.join('\n')}`

writeFileSync(new URL('../docs/errors.md', import.meta.url), page)
