import type { Probe } from '../src/probe.ts'
import { ANSWERING_ON_EXPRESS } from './answering-on-express.ts'
import { ANSWERING_ON_HONO } from './answering-on-hono.ts'

/** All probes, in the order of the table. */
export const PROBES: readonly Probe[] = [...ANSWERING_ON_EXPRESS, ...ANSWERING_ON_HONO]
