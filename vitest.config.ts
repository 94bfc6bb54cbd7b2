import { defineConfig } from 'vitest/config'
import { faultSites } from './test/faults/plugin.ts'
import { LongestFirst } from './test/longest-first.ts'

const sourceCondition = '@flagging/source'
const typescript = new URL('./scripts/typescript.mjs', import.meta.url).href

/** How every test runs. */
export const shared = defineConfig({
  ssr: { resolve: { conditions: [sourceCondition] } },
  test: {
    // Forks that read TypeScript themselves: the code under test starts workers and child processes from source.
    pool: 'forks',
    execArgv: [`--import=${typescript}`, `--conditions=${sourceCondition}`],
    // It takes three to keep two cores busy: many tests wait, for a disk, a process or a clock.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // What is polled comes when it comes: the machine may be busy.
    expect: { poll: { timeout: 15_000 } },
  },
})

const faults = 'test/faults/*.test.ts'
/** Files that talk to a real PostgreSQL and a real S3, which are started once for all of them. */
const servers = 'packages/postgres-logger/test/**/*.test.ts'

/** Files that leave the process as it was, so that one may run them all, each after the other. */
const units = [
  'packages/core/test/**/*.test.ts',
  'packages/*-adapter/test/!(contract*|fake-clock).test.ts',
  'examples/test/*.test.ts',
  'bench/test/!(guard).test.ts',
  'conformance/test/{probes,readme}.test.ts',
]

export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    globalSetup: './scripts/build-pages.mjs',
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: [
            '{packages/*,examples,conformance,bench}/test/**/*.test.ts',
            'test/**/*.test.ts',
          ],
          exclude: [faults, servers, ...units],
        },
      },
      { extends: true, test: { name: 'units', include: units, isolate: false } },
      {
        extends: true,
        test: {
          name: 'servers',
          include: [servers],
          globalSetup: './packages/postgres-logger/test/servers/global-setup.ts',
        },
      },
      // The sources of the packages with a switch at each call.
      { extends: true, plugins: [faultSites()], test: { name: 'faults', include: [faults] } },
    ],
  },
})
