import { describe } from 'vitest'
import { nothingIsNoticedOn } from './each-probe.ts'

describe('express4', () => {
  nothingIsNoticedOn('express4')
})
describe('express5', () => {
  nothingIsNoticedOn('express5')
})
