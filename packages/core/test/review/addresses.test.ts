import { CSVLogger, createFlagging } from '@flagging/core'
import { answerRoute, hallOf } from '@flagging/core/adapter'
import {
  type ReviewFile,
  type ReviewSample,
  type ReviewStore,
  SourceFile,
  memorySource,
  noSample,
} from '@flagging/core/store'
import { describe, expect, onTestFinished, test } from 'vitest'
import { folder } from './support.ts'

const BUCKET = 'https://flagged.example.com'
const TYPES = ['image/png', 'application/pdf', 'text/plain', 'application/json']
const FILES = TYPES.map((type, n): ReviewFile => {
  const path = `_/2026/${n}`
  return { path, name: undefined, type, size: 3, storedAs: path }
})

const SAMPLE: ReviewSample = {
  key: 'k',
  dataset: null,
  endpoint: null,
  log: 'samples',
  isOwn: true,
  option: null,
  username: null,
  inputs: [{ label: 'f', type: 'file', column: 0, value: { kind: 'files', files: FILES } }],
  outputs: [],
  review: null,
}

/** A store of samples that somebody brings along: one sample, whose files lie in a bucket. */
class Bucket implements ReviewStore {
  about = async () => ({ datasets: [null], notices: [] })
  page = async () => ({ samples: [SAMPLE], next: null, newest: '', searched: 1 })
  columns = async () => ({ inputs: ['f'], outputs: [], details: [] })
  sample = async (key: string) => {
    if (key !== SAMPLE.key) throw noSample()
    return SAMPLE
  }
  counts = async () => {
    return { total: 1, options: [], datasets: [], users: [], days: [], reviewed: 0, done: true }
  }
  mark = async () => undefined
  canRemove = () => false
  remove = async () => 0
  open = ({ type, storedAs }: ReviewFile) =>
    new SourceFile(undefined, type, memorySource(Buffer.from('abc')), storedAs)
}

class Addressed extends Bucket {
  addressOf = async ({ path }: ReviewFile): Promise<string | undefined> => `${BUCKET}/${path}?sig=1`
  fileOrigins = async (): Promise<readonly string[]> => [BUCKET]
}

async function start(review: ReviewStore) {
  const errors: unknown[] = []
  const flagging = createFlagging({
    dir: await folder(),
    callback: Object.assign(new CSVLogger(), { review }),
    review: true,
    authorize: () => true,
    onError: (error) => errors.push(error),
  })
  onTestFinished(() => flagging.close())
  const get = (path: string, method = 'GET') => {
    const header = (name: string) => (name === 'host' ? 'localhost' : undefined)
    const body = () => ({ kind: 'none' }) as const
    return answerRoute(hallOf(flagging).hall, { method, path, query: '', header, target: {}, body })
  }
  return { get, errors }
}

describe('files of a store that has addresses for them', () => {
  test('are read from there by whoever may see them, with nothing kept of the address', async () => {
    const { get } = await start(new Addressed())
    for (const n of [0, 1]) {
      const { status, headers, body } = await get(`/review/files/k/0/${n}`)
      expect([status, headers['Location'], body]).toEqual([
        302,
        `${BUCKET}/_/2026/${n}?sig=1`,
        null,
      ])
      expect(headers['Cache-Control']).toContain('no-store')
      expect(headers['Referrer-Policy']).toBe('no-referrer')
    }
    expect((await get('/review/files/k/0/9')).status).toBe(404)
    expect((await get('/review/files/x/0')).status).toBe(404)
  })

  test('pass through us where the page reads them, where only the head is asked for, or where there is none', async () => {
    const { get } = await start(new Addressed())
    for (const n of [2, 3]) expect((await get(`/review/files/k/0/${n}`)).status).toBe(200)
    const head = await get('/review/files/k/0/0', 'HEAD')
    expect([head.status, head.headers['Content-Length']]).toEqual([200, '3'])
    const none = await start(Object.assign(new Addressed(), { addressOf: async () => undefined }))
    expect((await none.get('/review/files/k/0/0')).status).toBe(200)
    const plain = await start(new Bucket())
    expect((await plain.get('/review/files/k/0/0')).status).toBe(200)
  })

  test('may be shown in the page, and nothing else of theirs may', async () => {
    const policyOf = async (review: ReviewStore) => {
      const { get, errors } = await start(review)
      const { status, headers } = await get('/review')
      expect(status).toBe(200)
      const policy = headers['Content-Security-Policy'] ?? ''
      return { errors, parts: policy.split('; ').filter((part) => !part.includes('nonce')) }
    }
    const own = (await policyOf(new Bucket())).parts
    const { parts } = await policyOf(new Addressed())
    expect(parts.filter((part) => !own.includes(part))).toEqual([
      `img-src 'self' ${BUCKET}`,
      `media-src 'self' ${BUCKET}`,
    ])
    const odd = async () => [`${BUCKET}/a; script-src *`]
    expect((await policyOf(Object.assign(new Addressed(), { fileOrigins: odd }))).parts).toEqual(
      parts,
    )
    // Without the origins there is a page still.
    const fails = () => Promise.reject(new Error('no credentials'))
    const failing = await policyOf(Object.assign(new Addressed(), { fileOrigins: fails }))
    expect([failing.parts, failing.errors.map(String)]).toEqual([own, ['Error: no credentials']])
  })
})
