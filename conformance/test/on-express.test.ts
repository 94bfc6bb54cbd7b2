import { describe } from 'vitest'
import { BOTH, nothingIsNoticedOn } from './each-probe.ts'

describe('express4', () => {
  // The taps of both modes are those of 5.
  nothingIsNoticedOn('express4', ['flagging-auto'])
})
describe('express5', () => {
  nothingIsNoticedOn('express5', BOTH)
})
