import { expect, it } from 'vitest'
import { PROBES } from '../probes/probes.ts'
import { HOSTS } from '../src/hosts.ts'
import { playsOn } from '../src/probe.ts'

it('gives each probe a name of its own', () => {
  const names = PROBES.map(({ name }) => name)
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
})

it('plays each probe on some host', () => {
  const idle = PROBES.filter((probe) => !HOSTS.some((host) => playsOn(probe, host)))
  expect(idle.map(({ name }) => name)).toEqual([])
})
