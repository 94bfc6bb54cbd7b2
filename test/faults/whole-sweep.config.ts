import { defineConfig, mergeConfig } from 'vitest/config'
import { shared } from '../../vitest.config.ts'
import { faultSites } from './plugin.ts'

/** `npm run fault-sweep`: each site of all hosts, scenarios and modes, in four ways. */
export default mergeConfig(
  shared,
  defineConfig({ plugins: [faultSites()], test: { include: ['test/faults/*.sweep.ts'] } }),
)
