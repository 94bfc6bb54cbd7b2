import { defineConfig } from 'vitest/config'

const sourceCondition = '@flagging/source'
const typescript = new URL('./scripts/typescript.mjs', import.meta.url).href

export default defineConfig({
  ssr: { resolve: { conditions: [sourceCondition] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts', 'examples/test/**/*.test.ts'],
    // Forks that read TypeScript themselves: the code under test starts workers and child processes from source.
    pool: 'forks',
    execArgv: [`--import=${typescript}`, `--conditions=${sourceCondition}`],
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
