import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { threadedReader } from '../../src/review/review-thread.ts'
import { asking, deskAt, folder, store } from './support.ts'

const NONE = { inputs: undefined, outputs: undefined }

describe('the thread that looks samples up', () => {
  it('gives what looking them up here gives', async () => {
    const dir = await folder()
    await store(dir, [{ id: 'i0', prompt: 'a' }, { id: 'i1' }, { id: 'i2', prompt: 'b\n"' }])
    const away = threadedReader({ dir, asked: NONE })
    const here = deskAt(dir)
    const query = asking('limit=2')
    const page = await away.page(query)
    expect(page).toEqual(await here.page(query))
    const key = page.samples[0]?.key ?? ''
    expect(await away.sample(key)).toEqual(await here.sample(key))
    expect(await away.counts({})).toEqual(await here.counts({}))
    expect(await away.about()).toEqual(await here.about())
  })

  it('answers each of many who ask at once, for several places', async () => {
    const places = await Promise.all([1, 2, 3].map(() => folder()))
    for (const [index, dir] of places.entries()) await store(dir, [{ id: `of ${index}` }])
    const asked = Array.from({ length: 30 }, (_, n) =>
      threadedReader({ dir: places[n % 3] ?? '', asked: NONE }).page(asking('')),
    )
    const found = (await Promise.all(asked)).map(({ samples }) => samples.map(({ id }) => id))
    expect(found).toEqual(Array.from({ length: 30 }, (_, n) => [`of ${n % 3}`]))
  })

  it('says of what cannot be why not', async () => {
    const away = threadedReader({ dir: await folder(), asked: NONE })
    await expect(away.page({ ...asking(''), cursor: 'x' })).rejects.toMatchObject({
      code: 'ERR_FLAGGING_BAD_REQUEST',
    })
    await expect(away.sample('x')).rejects.toMatchObject({ code: 'ERR_FLAGGING_NOT_FOUND' })
    const none = threadedReader({ dir: '/dev/null', asked: NONE })
    await expect(none.page(asking(''))).rejects.toThrow('cannot be listed')
  })

  it('is not needed for the process to end', async () => {
    const dir = await folder()
    await store(dir, [{ id: 'i0' }])
    const path = new URL('../../src/review/review-thread.ts', import.meta.url)
    const script = `
      import { threadedReader } from ${JSON.stringify(path.href)}
      const store = threadedReader({ dir: ${JSON.stringify(dir)}, asked: {} })
      const { samples } = await store.page({ filter: {}, sort: 'newest', limit: 5 })
      process.stdout.write(samples[0].id)`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...process.execArgv, '--input-type=module', '--eval', script],
      { timeout: 30_000 },
    )
    expect(stdout).toBe('i0')
  })
})
