import { defineConfig } from 'vitest/config'
import { shared } from '../../../../vitest.config.ts'

/** `npm run process-campaign`: also what needs rights. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['packages/core/test/processes/*.{test,campaign}.ts'],
  },
})
