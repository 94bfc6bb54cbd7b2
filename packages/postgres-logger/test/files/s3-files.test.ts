import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import {
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import { type FlaggedFile, FlaggingError } from '@flagging/core'
import { type FileStore, isTransientFileError } from '@flagging/postgres-logger'
import { S3Files, type S3FilesOptions } from '@flagging/postgres-logger/s3'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createBucket, s3Config } from '../servers/bucket.ts'
import { type S3Request, type S3Server, startS3 } from '../servers/s3.ts'
import { fileFrom, fileOf, fileStoreSuite, readAll, rejection, sha256 } from './file-store-suite.ts'

const MiB = 1024 * 1024
const PART = 5 * MiB
const KEY = '_/2026/01/02/AAAAAAAAAAAAAAAAAAAAAA/im.png'

fileStoreSuite('a bucket', PART, async () => opened(new S3Files(await createBucket())))

function opened<Store extends FileStore>(files: Store): Store {
  onTestFinished(() => files.close())
  return files
}

/** A client that looks into a bucket from outside. */
function outside(endpoint: string): S3Client {
  const client = new S3Client({
    ...s3Config(endpoint),
    region: 'us-east-1',
    forcePathStyle: true,
  })
  onTestFinished(() => client.destroy())
  return client
}

let server: S3Server

beforeAll(async () => {
  server = await startS3()
})

afterEach(() => {
  server.trouble = undefined
})

afterAll(() => server.stop())

async function bucketOf(options: Partial<S3FilesOptions> = {}, config: S3ClientConfig = {}) {
  const { bucket, client } = await createBucket(server.endpoint)
  const files = new S3Files({ bucket, client: { ...client, ...config }, ...options })
  return { files: opened(files), bucket }
}

/** Files of a bucket that wait less long than usual. */
function impatient(bucket: string): S3Files {
  return opened(new S3Files({ bucket, client: s3Config(server.endpoint), timeoutMs: 1500 }))
}

/** The requests that came in while something ran. */
async function requestsOf(work: () => Promise<unknown>): Promise<readonly S3Request[]> {
  const before = server.requests.length
  await work()
  return server.requests.slice(before)
}

describe('what lies in the bucket', () => {
  test.each([
    ['image/png', 'image/png', undefined],
    ['image/jpg; charset=x', 'image/jpeg', undefined],
    ['image/svg+xml', 'application/octet-stream', 'attachment'],
    ['text/html', 'application/octet-stream', 'attachment'],
    ['text/plain', 'application/octet-stream', 'attachment'],
    ['nonsense', 'application/octet-stream', 'attachment'],
  ])('is inert: %s becomes %s', async (type, stored, disposition) => {
    const { files, bucket } = await bucketOf({ prefix: 'app' })
    for (const size of type === 'image/svg+xml' ? [3, PART + 3] : [3]) {
      const bytes = randomBytes(size)
      const seen = await requestsOf(() => files.put(KEY, fileOf(bytes, type)))
      const head = await outside(server.endpoint).send(
        new HeadObjectCommand({ Bucket: bucket, Key: `app/${KEY}` }),
      )
      expect(head).toMatchObject({
        ContentType: stored,
        ContentLength: size,
        Metadata: { sha256: sha256(bytes) },
      })
      expect(head.ContentDisposition).toBe(disposition)
      const sent = seen.flatMap(({ headers }) => Object.keys(headers))
      expect(sent.filter((name) => /acl|grant|^expect$/.test(name))).toEqual([])
    }
  })

  test('is asked for by those who may alone', async () => {
    const { files, bucket } = await bucketOf()
    await files.put(KEY, fileOf(randomBytes(3)))
    expect((await fetch(`${server.endpoint}/${bucket}/${KEY}`)).status).toBe(403)
  })

  test('carries what the options say of it', async () => {
    const { files } = await bucketOf({
      storageClass: 'STANDARD_IA',
      serverSideEncryption: 'aws:kms',
      kmsKeyId: 'some-key',
    })
    const seen = await requestsOf(async () => {
      await files.put(KEY, fileOf(randomBytes(3)))
      await files.put(KEY, fileOf(randomBytes(PART + 3)))
    })
    const creations = seen.filter(({ path }) => !path.includes('uploadId='))
    expect(creations).toHaveLength(2)
    for (const { headers } of creations) {
      expect(headers).toMatchObject({
        'x-amz-storage-class': 'STANDARD_IA',
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'some-key',
      })
    }
  })

  test('is signed with its hash, and checked once more where checksums are asked for', async () => {
    const bytes = randomBytes(1000)
    const { files } = await bucketOf()
    const [plain] = await requestsOf(() => files.put(KEY, fileOf(bytes)))
    expect(plain?.headers['x-amz-content-sha256']).toBe(sha256(bytes))
    expect(Object.keys(plain?.headers ?? {}).filter((name) => /checksum/.test(name))).toEqual([])
    const made = await createBucket(server.endpoint)
    const client = { ...made.client, requestChecksumCalculation: 'WHEN_SUPPORTED' as const }
    const checking = opened(new S3Files({ ...made, client }))
    const [checked] = await requestsOf(() => checking.put(KEY, fileOf(bytes)))
    expect(checked?.headers['x-amz-checksum-sha256']).toBe(
      Buffer.from(sha256(bytes), 'hex').toString('base64'),
    )
    await checking.put(KEY, fileOf(randomBytes(PART + 1)))
    await checking.remove([KEY])
  })
})

describe('an address for a browser', () => {
  test('gives the file, inert, and the parts that players ask for', async () => {
    const { files } = await bucketOf({ presignSeconds: 60 })
    const bytes = randomBytes(5000)
    await files.put(KEY, fileOf(bytes))
    const address = await files.presign(KEY, { type: 'image/png', name: 'im-7.png' })
    expect(new URL(address).searchParams.get('X-Amz-Expires')).toBe('60')
    const whole = await fetch(address)
    expect(whole.status).toBe(200)
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true)
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': 'inline; filename="im-7.png"',
      'cache-control': 'private, no-store',
    })
    const part = await fetch(address, { headers: { Range: 'bytes=0-1' } })
    expect(part.status).toBe(206)
    expect(part.headers.get('content-range')).toBe('bytes 0-1/5000')
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(0, 2))).toBe(true)
  })

  test('runs nothing in a browser, whatever the file is called and was said to be', async () => {
    const { files } = await bucketOf()
    await files.put(KEY, fileOf(Buffer.from('<script>alert(1)</script>'), 'text/html'))
    const name = 'a"; filename="ü\r\nX: y.html'
    const answer = await fetch(await files.presign(KEY, { type: 'text/html', name }))
    expect(answer.headers.get('content-type')).toBe('application/octet-stream')
    expect(answer.headers.get('content-disposition')).toMatch(
      /^attachment; filename="[\w .()-]+\.html\.bin"; filename\*=UTF-8''[\w.%-]+\.html\.bin$/,
    )
  })

  test('is no address of anything but our keys', async () => {
    const { files } = await bucketOf()
    const told = await rejection(files.presign('../x', { type: 'image/png', name: 'x.png' }))
    expect(told.message).toContain('is no key')
  })
})

describe('a server that does not do what it should', () => {
  test.each([
    [503, undefined, 'place', true],
    [500, undefined, 'place', true],
    [429, 'TooManyRequests', 'place', true],
    [403, undefined, 'place', false],
    [403, 'RequestTimeTooSkewed', 'place', false],
    [404, undefined, 'place', false],
    [501, undefined, 'place', false],
    [400, 'EntityTooLarge', 'file', false],
    [400, 'KeyTooLongError', 'file', false],
    [400, 'SomethingElse', 'place', false],
  ] as const)('refusing with %i %s is a fault of the %s', async (status, code, at, isTransient) => {
    const { files } = await bucketOf({}, { maxAttempts: 1 })
    await files.put(KEY, fileOf(randomBytes(3)))
    server.trouble = { kind: 'refuse', status, ...(code !== undefined && { code }) }
    for (const call of [
      () => files.put(KEY, fileOf(randomBytes(3))),
      () => files.put(KEY, fileOf(randomBytes(PART + 3))),
    ]) {
      const told = await rejection(call())
      expect(told).toMatchObject({ code: 'ERR_FLAGGING_STORE', at, isTransient })
      expect(isTransientFileError(told.error)).toBe(isTransient)
      expect(told.message).toContain(KEY)
    }
    const read = await rejection(readAll(files, KEY, 3))
    expect(read).toMatchObject({ code: 'ERR_FLAGGING_STORE', at, isTransient })
    server.trouble = undefined
    expect(await files.put(KEY, fileOf(randomBytes(4)))).toMatchObject({ size: 4 })
  })

  test.each([3000, 3 * PART])(
    'cutting connections leaves nothing of a file of %i bytes, and takes it later',
    async (size) => {
      const { files, bucket } = await bucketOf()
      const bytes = randomBytes(size)
      server.trouble = { kind: 'cut', direction: 'in', afterBytes: Math.min(size, PART) / 2 }
      const told = await rejection(files.put(KEY, fileOf(bytes)))
      expect(told).toMatchObject({ at: 'place', isTransient: true })
      server.trouble = undefined
      expect((await rejection(readAll(files, KEY, size))).message).toContain('is gone')
      expect(await server.uploads(bucket)).toEqual([])
      await files.put(KEY, fileOf(bytes))
      expect((await readAll(files, KEY, size)).equals(bytes)).toBe(true)
    },
  )

  test('cutting a connection once is not noticed', async () => {
    const { files } = await bucketOf()
    const bytes = randomBytes(2 * PART)
    let cuts = 0
    server.trouble = ({ method }) =>
      method === 'PUT' && cuts++ === 0
        ? { kind: 'cut', direction: 'in', afterBytes: 1000 }
        : undefined
    expect(await files.put(KEY, fileOf(bytes))).toEqual({ size: 2 * PART, sha256: sha256(bytes) })
    expect(cuts).toBe(3)
  })

  test('cutting an answer is no end of the file', async () => {
    const { files } = await bucketOf()
    await files.put(KEY, fileOf(randomBytes(MiB)))
    server.trouble = { kind: 'cut', direction: 'out', afterBytes: 100_000 }
    const told = await rejection(readAll(files, KEY, MiB))
    expect(told).toMatchObject({ code: 'ERR_FLAGGING_STORE', at: 'place', isTransient: true })
  })

  test('saying nothing is waited for only so long', async () => {
    const { files } = await bucketOf({ timeoutMs: 100 })
    server.trouble = { kind: 'hang' }
    const put = await rejection(files.put(KEY, fileOf(randomBytes(3))))
    expect(put).toMatchObject({ at: 'place', isTransient: true })
    expect(put.message).toContain('did not answer in time')
    const read = await rejection(readAll(files, KEY, 3))
    expect(read).toMatchObject({ at: 'place', isTransient: true })
  })

  test('stopping in the middle of a file is waited for only so long', async () => {
    const { files, bucket } = await bucketOf()
    await files.put(KEY, fileOf(randomBytes(MiB)))
    server.trouble = { kind: 'hang', afterBytes: 100_000 }
    const told = await rejection(readAll(impatient(bucket), KEY, MiB))
    expect(told).toMatchObject({ at: 'place', isTransient: true })
    expect(told.message).toContain('gave nothing for 1500 ms')
  })

  test('is not to blame where the reader is slow', async () => {
    const { files, bucket } = await bucketOf()
    const bytes = randomBytes(4 * MiB)
    await files.put(KEY, fileOf(bytes))
    let read = 0
    for await (const chunk of impatient(bucket).open(KEY, bytes.length).chunks()) {
      // Longer than the server may take.
      if (read === 0) await new Promise((resume) => setTimeout(resume, 1700))
      read += chunk.length
    }
    expect(read).toBe(bytes.length)
  })

  test('answering late is fine', async () => {
    const { files } = await bucketOf()
    server.trouble = { kind: 'delay', ms: 50 }
    await files.put(KEY, fileOf(randomBytes(3)))
    expect(await readAll(files, KEY, 3)).toHaveLength(3)
  })

  test('being away and back is a fault that passes', async () => {
    const own = await startS3()
    onTestFinished(() => own.stop())
    const files = opened(new S3Files(await createBucket(own.endpoint)))
    const bytes = randomBytes(2000)
    await files.put(KEY, fileOf(bytes))
    await own.kill()
    for (const call of [() => files.put(KEY, fileOf(bytes)), () => readAll(files, KEY, 2000)]) {
      expect(await rejection(call())).toMatchObject({ at: 'place', isTransient: true })
    }
    await own.restart()
    expect((await readAll(files, KEY, 2000)).equals(bytes)).toBe(true)
    await files.put(KEY, fileOf(bytes))
  })

  test('does not hide that the file cannot be read', async () => {
    const { files } = await bucketOf()
    // The upload is begun, and can be neither finished nor broken off.
    server.trouble = ({ method }) =>
      method === 'DELETE' ? { kind: 'refuse', status: 405 } : undefined
    let reads = 0
    const file = fileFrom(2 * PART, function* () {
      yield Buffer.alloc(PART + 1)
      // The first time, it is read for its hash alone.
      if (reads++ > 0) throw Object.assign(new Error('gone'), { code: 'ENOENT' })
      yield Buffer.alloc(PART - 1)
    })
    const told = await rejection(files.put(KEY, file))
    expect(told).toMatchObject({ at: 'file', isTransient: false })
    expect(told.message).toContain('cannot be read (ENOENT)')
  })
})

test('refuses a large file that changes while it is read, and leaves nothing whole of it', async () => {
  const { files } = await bucketOf()
  const file = fileFrom(PART + 10, () => [randomBytes(PART + 10)])
  const told = await rejection(files.put(KEY, file))
  expect(told).toMatchObject({ at: 'file' })
  expect(told.message).toContain('changed while it was read')
  expect((await rejection(readAll(files, KEY, PART + 10))).message).toContain('is gone')
})

test('holds no more than 64 MiB of the files that are on their way', async () => {
  const { files } = await bucketOf()
  let open = 0
  let most = 0
  server.trouble = ({ method }) => {
    if (method === 'PUT') most = Math.max(most, ++open)
    return undefined
  }
  const file = (size: number): FlaggedFile =>
    fileFrom(size, () => {
      held += size
      mostHeld = Math.max(mostHeld, held)
      return [Buffer.alloc(size)]
    })
  let held = 0
  let mostHeld = 0
  await Promise.all(
    Array.from({ length: 60 }, async (_, n) => {
      const size = n % 3 === 0 ? 4 * MiB : 100
      await files.put(`a/${n}.png`, file(size))
      held -= size
      open--
    }),
  )
  expect(most).toBeLessThanOrEqual(32)
  expect(mostHeld).toBeLessThan(65 * MiB)
  expect(most).toBeGreaterThan(1)
})

describe('the deletion of many files', () => {
  const keys = Array.from({ length: 2500 }, (_, n) => `a/2026/01/02/s/${n}.png`)

  test('takes a request for each thousand, with the checksum that all servers know', async () => {
    const { files, bucket } = await bucketOf()
    const some = [keys[0], keys[999], keys[1000], keys[2499]] as string[]
    for (const key of some) await files.put(key, fileOf(randomBytes(3)))
    const seen = await requestsOf(() => files.remove([...keys, ...keys]))
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual(
      Array.from({ length: 3 }, () => `POST /${bucket}/?delete=`),
    )
    for (const { headers } of seen) {
      expect(headers['content-md5']).toMatch(/^[\w+/]{22}==$/)
      expect(Object.keys(headers).filter((name) => /checksum/.test(name))).toEqual([])
    }
    for (const key of some) {
      expect((await rejection(readAll(files, key, 3))).message).toContain('is gone')
    }
  })

  test.each([501, 405])('goes one by one where the server says %i', async (status) => {
    const { files, bucket } = await bucketOf()
    for (const key of keys.slice(0, 5)) await files.put(key, fileOf(randomBytes(3)))
    server.trouble = ({ method }) => (method === 'POST' ? { kind: 'refuse', status } : undefined)
    await files.remove(keys.slice(0, 8))
    const left = await outside(server.endpoint).send(new ListObjectsV2Command({ Bucket: bucket }))
    expect(left.KeyCount).toBe(0)
  })

  test('tells of one that could not be deleted', async () => {
    const { files } = await bucketOf()
    const answer = `<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>`
    server.trouble = { kind: 'say', status: 200, body: answer }
    const told = await rejection(files.remove([KEY]))
    expect(told).toMatchObject({ code: 'ERR_FLAGGING_STORE', at: 'place' })
    expect(told.message).toContain('AccessDenied: these credentials must be granted')
    const gone = answer.replace('AccessDenied', 'NoSuchKey')
    server.trouble = { kind: 'say', status: 200, body: gone }
    await files.remove([KEY])
  })
})

describe('a check before the first file', () => {
  const check = async (options: S3FilesOptions) => rejection(opened(new S3Files(options)).check())

  test('names a bucket that is not there', async () => {
    const told = await check({ bucket: 'not-there', client: s3Config(server.endpoint) })
    expect(told).toMatchObject({ code: 'ERR_FLAGGING_STORE', at: 'place', isTransient: false })
    expect(told.message).toBe(
      'Files cannot be stored (bucket "not-there"; 404 NotFound: there is no such bucket: make it, or correct `bucket`)',
    )
  })

  test('names wrong credentials, and shows none', async () => {
    const { bucket } = await createBucket(server.endpoint)
    const credentials = { accessKeyId: 'SOMEBODYELSE', secretAccessKey: 'most-secret' }
    const told = await check({ bucket, client: { endpoint: server.endpoint, credentials } })
    expect(told.message).toContain('403 InvalidAccessKeyId: the credentials are wrong')
    const shown = inspect(told.error, { showHidden: true, depth: 10 })
    expect(shown).not.toMatch(/SOMEBODYELSE|most-secret|[Ss]ignature=/)
    expect(told.error.cause).toMatchObject({ name: 'InvalidAccessKeyId' })
  })

  test('names missing rights', async () => {
    const { bucket, client } = await createBucket(server.endpoint)
    server.trouble = { kind: 'refuse', status: 403 }
    const told = await check({ bucket, client })
    expect(told.message).toContain('403 AccessDenied: these credentials must be granted')
  })

  test('names the region of the bucket', async () => {
    const { bucket, client } = await createBucket(server.endpoint)
    const headers = { 'x-amz-bucket-region': 'eu-north-1' }
    server.trouble = { kind: 'refuse', status: 301, code: 'PermanentRedirect', headers }
    const told = await check({ bucket, client })
    expect(told.message).toContain('it is in eu-north-1: set `client.region` to that')
  })

  test('names a server that is not there', async () => {
    const own = await startS3()
    await own.stop()
    const told = await check({ bucket: 'b', client: s3Config(own.endpoint) })
    expect(told).toMatchObject({ at: 'place', isTransient: true })
    expect(told.message).toContain('ECONNREFUSED: nobody answers there')
  })

  test('names a region that nobody said', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ENDPOINT_URL']) {
      const before = process.env[name]
      delete process.env[name]
      onTestFinished(() => {
        if (before !== undefined) process.env[name] = before
      })
    }
    const { credentials } = s3Config('http://nowhere')
    const told = await check({ bucket: 'b', client: { credentials: credentials as never } })
    expect(told.message).toContain('set `client.region`')
  })
})

describe('a closed store', () => {
  test('breaks off what is on its way and takes nothing more', async () => {
    const { files } = await bucketOf()
    await files.put(KEY, fileOf(randomBytes(MiB)))
    const before = server.requests.length
    server.trouble = { kind: 'hang' }
    const waiting = [
      rejection(files.put(KEY, fileOf(randomBytes(3)))),
      rejection(files.put(KEY, fileOf(randomBytes(2 * PART)))),
      rejection(readAll(files, KEY, MiB)),
      rejection(files.check()),
    ]
    await expect.poll(() => server.requests.length - before).toBe(4)
    await files.close()
    for (const told of await Promise.all(waiting)) expect(told.code).toBe('ERR_FLAGGING_CLOSED')
    for (const call of [
      () => files.put(KEY, fileOf(randomBytes(3))),
      () => readAll(files, KEY, MiB),
      () => files.remove([KEY]),
      () => files.presign(KEY, { type: 'image/png', name: 'x.png' }),
      () => files.check(),
    ]) {
      expect((await rejection(call())).code).toBe('ERR_FLAGGING_CLOSED')
    }
    await files.close()
  })

  test('leaves a client that is not its own open', async () => {
    const made = await createBucket(server.endpoint)
    const client = outside(server.endpoint)
    const first = new S3Files({ bucket: made.bucket, client })
    await first.put(KEY, fileOf(randomBytes(3)))
    await first.close()
    const second = opened(new S3Files({ bucket: made.bucket, client }))
    expect(await readAll(second, KEY, 3)).toHaveLength(3)
    const [request] = await requestsOf(() => second.remove([KEY]))
    expect(request?.headers['content-md5']).toBeDefined()
  })
})

test.each([
  [undefined, 'an object of options'],
  [{}, 'needs `bucket`'],
  [{ bucket: '' }, 'needs `bucket`'],
  [{ bucket: 'b', region: 'x' }, 'has no option region'],
  [{ bucket: 'b', prefix: '/a' }, 'takes a `prefix`'],
  [{ bucket: 'b', prefix: 'a//b' }, 'takes a `prefix`'],
  [{ bucket: 'b', prefix: 'a/../b' }, 'takes a `prefix`'],
  [{ bucket: 'b', prefix: 'a\nb' }, 'takes a `prefix`'],
  [{ bucket: 'b', prefix: 'a'.repeat(300) }, 'takes a `prefix`'],
  [{ bucket: 'b', presignSeconds: 0 }, 'from 1 to 604800'],
  [{ bucket: 'b', presignSeconds: 604_801 }, 'from 1 to 604800'],
  [{ bucket: 'b', timeoutMs: Infinity }, 'takes `timeoutMs`'],
  [{ bucket: 'b', storageClass: 3 }, 'takes `storageClass` as a string'],
  [{ bucket: 'b', kmsKeyId: 'k' }, 'takes `kmsKeyId` only with'],
  [{ bucket: 'b', client: 'http://x' }, 'takes `client`'],
])('refuses the options %j', (options, message) => {
  const make = () => new S3Files(options as S3FilesOptions)
  expect(make).toThrow(FlaggingError)
  expect(make).toThrow(message)
})
