import type { Probe } from '../src/probe.ts'
import { HOSTILE } from './hostile/hostile.ts'
import { PROBES_ON_EXPRESS } from './express/on-express.ts'
import { PROBES_ON_HONO } from './hono/on-hono.ts'

/** All probes, in the order of the table. */
export const PROBES: readonly Probe[] = [...PROBES_ON_EXPRESS, ...PROBES_ON_HONO, ...HOSTILE]
