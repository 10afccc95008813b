// Writes schema/feature_store.schema.json from the tables of keys. Run it again: nothing changes.
import { mkdir, writeFile } from 'node:fs/promises'
import { configJsonSchema } from '../src/config/json-schema.ts'

const folder = new URL('../schema/', import.meta.url)
await mkdir(folder, { recursive: true })
await writeFile(new URL('feature_store.schema.json', folder), `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
