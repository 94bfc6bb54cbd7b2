import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send } from './clients.ts'
import { ANY_FRAMEWORK, HostProcess } from './host-process.ts'
import { KIB, MIB, TIMEOUT, times } from './scale.ts'

/** Milliseconds of the serving thread's own time that nothing of ours may take in one turn. */
const LONGEST_TURN = 100
/** Milliseconds of all threads that one body may take: what runs out of time is redacted as it came. */
const LONGEST_WORK = 20_000

/** The size of the largest bodies; larger ones than the cap are cut. */
const LARGE = times(8, 40) * MIB

const JSON_TYPE = 'application/json'
const FORM = 'application/x-www-form-urlencoded'
const MULTIPART = 'multipart/form-data; boundary=X'

const part = (name: string, content: string, rest = '') =>
  `--X\r\nContent-Disposition: form-data; name="${name}"${rest}\r\n\r\n${content}\r\n`
const parts = (count: number, make: (nth: number) => string) =>
  `${Array.from({ length: count }, (_, nth) => make(nth)).join('')}--X--\r\n`
const filled = (piece: string, size = LARGE) => piece.repeat(Math.floor(size / piece.length))

interface Crafted {
  readonly type: string
  readonly body: string | Uint8Array
  readonly coding?: string
}

/** Bodies that cost far more than their size, and such as are merely large; made when they are used. */
const BODIES: Readonly<Record<string, () => Crafted>> = {
  'a form of carriage returns': () => ({
    type: MULTIPART,
    body: parts(times(30, 500), (nth) => part(`a${nth}`, '\r'.repeat(16_000))),
  }),
  'a part with a header line of a mebibyte': () => ({
    type: MULTIPART,
    body: parts(1, () => part('x'.repeat(MIB), '')),
  }),
  '10,001 fields': () => ({ type: MULTIPART, body: parts(10_001, (nth) => part(`f${nth}`, '1')) }),
  '3,000 empty files': () => ({
    type: MULTIPART,
    body: parts(3000, (nth) => part(`f${nth}`, '', '; filename="x"')),
  }),
  '200,000 nested arrays': () => ({
    type: JSON_TYPE,
    body: '['.repeat(200_000) + ']'.repeat(200_000),
  }),
  'nested arrays that are decoded at once': () => ({
    type: JSON_TYPE,
    body: '['.repeat(32_000) + ']'.repeat(32_000),
  }),
  'keys as many as are decoded at once': () => ({
    type: JSON_TYPE,
    body: `{${Array.from({ length: 5000 }, (_, nth) => `"k${nth}":1`).join()}}`,
  }),
  'a large JSON string': () => ({ type: JSON_TYPE, body: `"${filled('x')}"` }),
  'a large list of empty strings': () => ({ type: JSON_TYPE, body: `[${filled('"",')}""]` }),
  'a large list of small objects': () => ({ type: JSON_TYPE, body: `[${filled('{},')}{}]` }),
  'broken JSON full of secrets': () => ({ type: JSON_TYPE, body: filled('{"password":1,') }),
  'four members full of lists': () => ({
    type: JSON_TYPE,
    body: `{${['a', 'b', 'c', 'd'].map((key) => `"${key}":[${filled('[],', 250_000)}1]`).join()}}`,
  }),
  'a large text that is no ASCII': () => ({ type: 'text/plain', body: filled('é') }),
  'ten thousand values of one name': () => ({ type: FORM, body: 'a[]=1&'.repeat(10_000) }),
  'a form of nothing but separators': () => ({ type: FORM, body: '&'.repeat(60_000) }),
  'a value of plus signs': () => ({ type: FORM, body: `a=${filled('+%', 30 * MIB)}` }),
  'a gzip bomb': () => ({
    type: JSON_TYPE,
    body: gzipSync(Buffer.alloc(times(16, 600) * MIB, ' ')),
    coding: 'gzip',
  }),
  'a brotli bomb': () => ({
    type: JSON_TYPE,
    body: brotliCompressSync(Buffer.alloc(times(16, 600) * MIB, '['), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 4 },
    }),
    coding: 'br',
  }),
}

/** A query of separators, which is as long as a head may be. */
const QUERY = '&'.repeat(12 * KIB)

async function turnsOf(host: HostProcess, { type, body, coding }: Crafted, path: string) {
  await host.ask('watchTurns')
  const headers = {
    'content-type': type,
    ...(coding === undefined ? {} : { 'content-encoding': coding }),
  }
  const answer = await send(host.port, path, { headers, body })
  // While ours is decoded, the host serves others.
  const next = await send(host.port, '/health', { method: 'GET' })
  await host.ask('stored')
  return { ...(await host.ask('turns')), status: answer.status, next: next.status }
}

describe('a crafted body', () => {
  let bare: HostProcess
  let auto: HostProcess
  beforeAll(async () => {
    bare = await HostProcess.start(ANY_FRAMEWORK, 'bare')
    auto = await HostProcess.start(ANY_FRAMEWORK, 'auto')
    for (const host of [bare, auto]) {
      // Starts the thread, and has the code compiled.
      const body = parts(1, () => part('a', 'b'))
      for (let nth = 0; nth < 20; nth++) await turnsOf(host, { type: MULTIPART, body }, '/upload')
    }
  }, TIMEOUT)
  afterAll(async () => {
    await bare.end()
    await auto.end()
  }, TIMEOUT)

  test.each(Object.entries(BODIES))(
    'such as %s keeps the serving thread for no long turn',
    async (_, make) => {
      const crafted = make()
      const control = await turnsOf(bare, crafted, `/upload?${QUERY}`)
      const { stored } = await auto.ask('stats')
      const seen = await turnsOf(auto, crafted, `/upload?${QUERY}`)
      expect([seen.status, seen.next]).toEqual([200, 200])
      expect(seen.longest).toBeLessThan(control.longest + LONGEST_TURN)
      expect(seen.elsewhere).toBeLessThan(control.elsewhere + LONGEST_WORK)
      expect(await auto.ask('stats')).toMatchObject({
        stored: stored + 1,
        failed: 0,
        memoryBytes: 0,
      })
    },
    TIMEOUT,
  )

  test(
    'leaves nothing behind, and took no more memory than the thread may',
    async () => {
      const control = await bare.ask('reading')
      const { heap, peak, unnamed, temporary } = await auto.ask('reading')
      // The engine keeps the last text that it has matched a pattern against.
      expect(heap - control.heap).toBeLessThan(2 * LARGE + 8 * MIB)
      expect(peak - control.peak).toBeLessThan(1024 * MIB)
      expect([unnamed, temporary]).toEqual([control.unnamed, []])
    },
    TIMEOUT,
  )
})

describe('a crafted body that is posted to the flag route', () => {
  let host: HostProcess
  beforeAll(async () => {
    host = await HostProcess.start(ANY_FRAMEWORK, 'manual', {
      options: { inputs: ['a'], outputs: ['b'], acceptData: true, correction: true },
    })
    const body = '{"data":[1,2]}'
    for (let nth = 0; nth < 20; nth++) await turnsOf(host, { type: JSON_TYPE, body }, '/flag')
  }, TIMEOUT)
  afterAll(() => host.end(), TIMEOUT)

  test.each([
    ['a list of very many values', 400, `{"data":[${filled('1,', 8 * MIB)}1]}`],
    ['very many members', 400, `{"inputs":{${filled('"a":1,', 8 * MIB)}"b":1}}`],
    ['a very long correction', 400, `{"id":"x","correction":[${filled('[],', 8 * MIB)}1]}`],
    ['a very long option', 400, `{"id":"x","option":[${filled('[],', 8 * MIB)}1]}`],
    ['one very large value', 201, `{"data":[1,[${filled('{},', 8 * MIB)}1]]}`],
  ])(
    'such as %s keeps the serving thread for no long turn',
    async (_, status, body) => {
      const seen = await turnsOf(host, { type: JSON_TYPE, body }, '/flag')
      expect([seen.status, seen.next]).toEqual([status, 200])
      // To find where a value of 8 MiB ends takes a slow machine longer than all else.
      expect(seen.longest).toBeLessThan(4 * LONGEST_TURN)
    },
    TIMEOUT,
  )
})
