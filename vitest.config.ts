import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    conditions: ['source'],
    alias: [
      { find: /^feast-ts$/, replacement: source('./src/index.ts') },
      { find: /^feast-ts\/testing$/, replacement: source('./src/testing/index.ts') },
    ],
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    env: { TZ: 'UTC' },
    typecheck: { enabled: false },
  },
})
