import { setTimeout as after } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Instances, UNKNOWN, flag, served, told, unflag } from './instances.ts'

describe('a flag on another instance than the one that served', () => {
  test('is stored once, whoever is asked how often', async () => {
    const instances = await Instances.make()
    const [a, b, c] = [await instances.start(), await instances.start(), await instances.start()]
    const id = await served(a.server)
    expect(told(await flag(b, id))).toEqual([201, { count: 1 }])
    expect(told(await flag(c, id))).toEqual([200, { count: 1 }])
    expect(told(await flag(b, id))).toEqual([200, { count: 1 }])
    expect(told(await flag(a, id))).toEqual([200, { count: 1 }])
    expect(await instances.rows()).toMatchObject([{ num1: '5', num2: '7', Output: '12' }])
    expect(await instances.calls()).toBe(0)
    expect([a, b, c].flatMap(({ errors }) => errors)).toEqual([])
  })
})
