import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * What takes longest, in the order in which to start it. Vitest goes by the size of files until it has
 * seen them run, and these are short: what they play lies elsewhere. A file that starts processes of
 * its own goes along with one that has none.
 */
const LONG = [
  'packages/postgres-logger/test/fleet/fleet.test.ts',
  'conformance/test/on-express.test.ts',
  'packages/express-adapter/test/contract.test.ts',
  'test/faults/hono.test.ts',
  'conformance/test/on-hono.test.ts',
  'packages/hono-adapter/test/contract.test.ts',
  'test/faults/express.test.ts',
  'test/bounds/uploads.test.ts',
  'packages/hono-adapter/test/contract-http2.test.ts',
  'test/bounds/streams.test.ts',
  'test/bounds/aborts.test.ts',
  'test/bounds/decoding.test.ts',
  'test/bounds/stuck-callback.test.ts',
  'conformance/test/catches.test.ts',
  'bench/test/guard.test.ts',
  'test/browser/demo.test.ts',
  'packages/express-adapter/test/review-page.test.ts',
  'packages/hono-adapter/test/review-page.test.ts',
  'packages/core/test/disk/power-loss.test.ts',
  'packages/core/test/disk/faults.test.ts',
  'packages/hono-adapter/test/elements.test.ts',
  'packages/express-adapter/test/elements.test.ts',
  'packages/core/test/processes/killed.test.ts',
  'packages/core/test/review/paging.test.ts',
  'packages/core/test/review/selections.test.ts',
  'packages/core/test/decoder.test.ts',
  'packages/core/test/inspect-command.test.ts',
]

/** Starts what takes longest first, so that no worker is left alone with it in the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b))
  }
}

function rankOf({ moduleId, project }: TestSpecification): number {
  const at = LONG.findIndex((path) => moduleId.endsWith(`/${path}`))
  const rank = at === -1 ? LONG.length : at
  // A process is used again only for a file that comes right after one of its like.
  return project.config.isolate ? rank : LONG.length + 1 + rank
}
