import { describe } from 'vitest'
import { PROBES_ON_EXPRESS } from '../probes/express/on-express.ts'
import { BOTH, nothingIsNoticedOn } from './each-probe.ts'

describe('express4', () => {
  // The taps of both modes are those of 5, and so is what hostile clients meet.
  nothingIsNoticedOn('express4', ['flagging-auto'], PROBES_ON_EXPRESS)
})
describe('express5', () => {
  nothingIsNoticedOn('express5', BOTH)
})
