import { describe } from 'vitest'
import { PROBES_ON_HONO } from '../probes/hono/on-hono.ts'
import { HOSTILE_EXCHANGES } from '../probes/hostile/hostile.ts'
import { BOTH, nothingIsNoticedOn } from './each-probe.ts'

describe('hono', () => {
  nothingIsNoticedOn('hono', BOTH)
})
describe('hono-h2c', () => {
  // In manual mode no more of an answer is seen than in this one, but for its head; and hostile
  // bodies are those of the other connection.
  nothingIsNoticedOn('hono-h2c', ['flagging-auto'], [...PROBES_ON_HONO, ...HOSTILE_EXCHANGES])
})
