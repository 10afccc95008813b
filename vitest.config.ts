import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    conditions: ['source'],
    alias: [
      { find: /^feast-ts$/, replacement: source('./src/index.ts') },
      { find: /^feast-ts\/plugin$/, replacement: source('./src/plugin/index.ts') },
      { find: /^feast-ts\/client$/, replacement: source('./src/client/index.ts') },
      { find: /^feast-ts\/testing$/, replacement: source('./src/testing/index.ts') },
    ],
  },
  test: {
    env: { TZ: 'UTC' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          // The runners of other projects' test files, planted by tests, are not ours.
          exclude: ['**/node_modules/**', 'templates/**', '**/*.service.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          // Against real servers, which each file starts for itself; see test/services/.
          name: 'services',
          include: ['{src,test}/**/*.service.test.ts'],
          globalSetup: ['test/services/report-missing.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'interop',
          include: ['e2e/interop/*.test.ts'],
          globalSetup: ['test/services/report-missing.ts'],
          testTimeout: 600_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
})
