import { defineConfig } from 'vitest/config'
import { shared } from '../../../../vitest.config.ts'

/** `npm run fleet-campaign`. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    include: ['packages/postgres-logger/test/fleet/*.test.ts'],
  },
})
