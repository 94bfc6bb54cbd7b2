import { expect, test } from 'vitest'
import { createId } from '../src/capture/create-id.ts'

test('ids are all different, and none begins as a formula or an option does', () => {
  const ids = Array.from({ length: 10_000 }, createId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.filter((id) => !/^\w[\w-]{21}$/.test(id))).toEqual([])
})
