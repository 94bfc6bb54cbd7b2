import { describe } from 'vitest'
import { BOTH, nothingIsNoticedOn } from './each-probe.ts'

describe('hono', () => {
  nothingIsNoticedOn('hono', BOTH)
})
describe('hono-h2c', () => {
  // In manual mode no more of an answer is seen than in this one, but for its head.
  nothingIsNoticedOn('hono-h2c', ['flagging-auto'])
})
