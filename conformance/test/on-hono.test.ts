import { describe } from 'vitest'
import { nothingIsNoticedOn } from './each-probe.ts'

describe('hono', () => {
  nothingIsNoticedOn('hono')
})
describe('hono-h2c', () => {
  nothingIsNoticedOn('hono-h2c')
})
