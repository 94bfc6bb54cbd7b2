import { defineConfig } from 'vitest/config'
import { shared } from '../../../../vitest.config.ts'

/** `npm run archive-campaign`: also what takes gigabytes, and other people's programs. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    testTimeout: 600_000,
    include: ['packages/core/test/archive/*.{test,campaign}.ts'],
  },
})
