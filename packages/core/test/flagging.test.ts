import { createFlagging, type FlaggingCallback, FlaggingError } from '@flagging/core'
import { hallOf } from '@flagging/core/adapter'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as FlaggingError).code,
  )

const repeated = <T>(count: number, ...of: T[]): T[] =>
  Array.from({ length: count }, () => of).flat()

describe('a flagging', () => {
  const quiet = { onError: () => {} }

  test('says what it is, and cannot be changed', () => {
    const flagging = createFlagging({ mode: 'auto', inputs: ['q'], options: ['Bad'] })
    expect(Object.keys(flagging).toSorted()).toEqual([
      'close',
      'components',
      'flag',
      'flush',
      'idOf',
      'mode',
      'options',
      'stats',
      'unflag',
    ])
    expect(Object.isFrozen(flagging)).toBe(true)
  })

  test('refuses what it does not know, by mode', async () => {
    const rejected = async (mode: 'manual' | 'auto' | 'never') =>
      codeOf(createFlagging({ mode, ...quiet }).flag(ID))
    expect(await rejected('manual')).toBe('ERR_FLAGGING_NOT_FOUND')
    expect(await rejected('auto')).toBe('ERR_FLAGGING_MODE_AUTO')
    expect(await rejected('never')).toBe('ERR_FLAGGING_MODE_NEVER')
  })

  test('knows no id of an object that is none of its requests', async () => {
    const flagging = createFlagging(quiet)
    expect(flagging.idOf({})).toBeUndefined()
    expect(await codeOf(flagging.flag({}))).toBe('ERR_FLAGGING_NOT_FOUND')
  })

  test('checks what a flag says before it looks for what is flagged', async () => {
    const bare = createFlagging(quiet)
    expect(await codeOf(bare.flag(ID, { option: 'Bad' }))).toBe('ERR_FLAGGING_UNKNOWN_OPTION')
    expect(await codeOf(bare.flag(ID, { comment: 'x' }))).toBe('ERR_FLAGGING_BAD_REQUEST')
    const full = createFlagging({ options: ['Bad'], ...quiet })
    await expect(full.flag(ID, { option: 'Good' })).rejects.toThrow('"Bad"')
    await expect(full.flag(ID)).rejects.toThrow('"Bad"')
  })

  test('a flag that nobody waits for does not end the process, and is reported', async () => {
    const errors: unknown[] = []
    const flagging = createFlagging({ onError: (error) => errors.push(error) })
    void flagging.flag(ID)
    await flagging.flush()
    await new Promise(setImmediate)
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FLAGGING_NOT_FOUND' })])
  })

  test('has nothing to wait for while nothing happens', async () => {
    const flagging = createFlagging()
    await flagging.flush()
    expect(flagging.stats()).toEqual({
      pending: 0,
      stored: 0,
      failed: 0,
      dropped: 0,
      held: 0,
      memoryBytes: 0,
      spillBytes: 0,
    })
    await flagging.close()
    await flagging.close()
    await flagging.flush()
  })

  test('once closed it takes no flags', async () => {
    const flagging = createFlagging(quiet)
    await flagging.close()
    expect(await codeOf(flagging.flag(ID))).toBe('ERR_FLAGGING_CLOSED')
  })

  test('closing one that stored nothing makes no callback', async () => {
    const calls: string[] = []
    const callback = (): FlaggingCallback => {
      calls.push('made')
      return { setup: () => {}, flag: () => 1, close: () => void calls.push('closed') }
    }
    const flagging = createFlagging({ callback })
    await flagging.close()
    expect(calls).toEqual([])
  })

  test('tells a callback that asks for it what it offers, at once, and closes it in any case', async () => {
    const calls: string[] = []
    const callback: FlaggingCallback = {
      setup: () => {},
      flag: () => 1,
      attach: ({ dir, holds, isHeld, flagHeld, unflagHeld }) => {
        calls.push(`attached ${holds}`)
        expect(dir).toBe(resolve('somewhere'))
        expect(callback.onError).toBeTypeOf('function')
        const flag = { option: null, comment: null, correction: null, username: null }
        const unknown = [flagHeld(ID, flag), unflagHeld(ID, null)]
        expect([isHeld(ID), ...unknown]).toEqual([false, undefined, undefined])
      },
      close: () => void calls.push('closed'),
    }
    for (const mode of ['manual', 'auto', 'never'] as const) {
      await createFlagging({ mode, dir: 'somewhere', callback }).close()
    }
    expect(calls).toEqual(['attached true', 'closed', ...repeated(2, 'attached false', 'closed')])
    const made = createFlagging({ dir: 'somewhere', callback: () => callback })
    await made.close()
    expect(calls).toHaveLength(6)
  })

  test('asks elsewhere for ids that it does not hold, if its one callback can', async () => {
    const asked: string[] = []
    const callback: FlaggingCallback = {
      setup: () => {},
      flag: () => 1,
      remove: async () => 0,
      elsewhere: {
        flag: async (id) => (asked.push(`flag ${id}`), { count: 7, fresh: false }),
        unflag: async (id, username) => (asked.push(`unflag ${id} ${username}`), undefined),
      },
    }
    const flagging = createFlagging({ callback, ...quiet })
    expect(await flagging.flag(ID)).toBe(7)
    const unflagged = flagging.unflag(ID, { username: 'ann' })
    await expect(unflagged).rejects.toThrow('held by the instance that issued them')
    expect(asked).toEqual([`flag ${ID}`, `unflag ${ID} ann`])
    expect(await codeOf(flagging.flag({}))).toBe('ERR_FLAGGING_NOT_FOUND')
    const own = createFlagging({ callback: () => callback, ...quiet })
    await expect(own.flag(ID)).rejects.toThrow('held by the process that issued them')
    expect(asked).toHaveLength(2)
  })

  test('an adapter takes a flagging in place of options, and no look-alike', () => {
    const flagging = createFlagging()
    expect(hallOf(flagging).flagging).toBe(flagging)
    expect(hallOf({ mode: 'auto' }).flagging.mode).toBe('auto')
    expect(() => hallOf({ ...flagging })).toThrow(/copy of @flagging\/core/)
  })

  test('errors carry a code and their cause', () => {
    const cause = new Error('inner')
    const error = new FlaggingError('ERR_FLAGGING_CALLBACK', 'what to do', { cause })
    expect(error).toMatchObject({ name: 'FlaggingError', code: 'ERR_FLAGGING_CALLBACK', cause })
    expect(error).toBeInstanceOf(Error)
  })
})
