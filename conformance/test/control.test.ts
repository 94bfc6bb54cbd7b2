import { expect, it } from 'vitest'
import { PROBES } from '../probes/probes.ts'
import { itIsNotNoticed } from './each-probe.ts'

it('gives each probe a name of its own', () => {
  const names = PROBES.map(({ name }) => name)
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
})

// What differs here differs from one exchange to the next, and would be held against a subject.
itIsNotNoticed('none')
