#!/usr/bin/env node
// Plain old syntax: this file must be able to say what is wrong on a Node that cannot run the rest.
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`feast-ts needs Node 22.18 or newer; this is ${process.versions.node}.`)
  console.error(`Run it with a newer one: npx -y -p node@24 -p feast-ts feast ${process.argv.slice(2).join(' ')}`)
  process.exit(1)
}

if (nodeModule.enableCompileCache) nodeModule.enableCompileCache()
// A checkout runs from its sources; the published package has none.
const source = new URL('../src/cli/main.ts', import.meta.url)
const { runAsProcess } = await import(
  existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href
)
await runAsProcess()
