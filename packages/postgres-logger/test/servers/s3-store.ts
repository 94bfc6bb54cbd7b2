import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, mkdirSync } from 'node:fs'
import { readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const require = createRequire(import.meta.url)
type S3ErrorClass = new (code: string, message: string, detail?: object) => Error
const S3Error = require('s3rver/lib/models/error') as S3ErrorClass

/** An object as s3rver hands it to its store and takes it from there. */
interface StoredObject {
  readonly bucket: string
  readonly key: string
  readonly content: Readable
  readonly metadata: Readonly<Record<string, string>>
}

interface Facts {
  readonly md5: string
  readonly size: number
}

/**
 * What s3rver keeps objects in, in place of its own store, which is no match for a real server: it
 * writes in place, answers before the bytes are written, keeps what a cut connection has brought,
 * ignores the SHA-256 of a request, breaks where two keys of a folder are deleted at once, gives
 * everything for `bytes=0-0`, and cannot say where a long list goes on. Here an object is one file, named by the hash of its key, and there whole
 * or not at all.
 */
export class S3Store {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async listBuckets(): Promise<unknown[]> {
    return (await readdir(this.#root)).map((name) => ({ name, creationDate: new Date() }))
  }

  async getBucket(name: string): Promise<unknown> {
    return existsSync(join(this.#root, name)) ? { name, creationDate: new Date() } : null
  }

  async putBucket(name: string): Promise<unknown> {
    mkdirSync(join(this.#root, name, 'uploads'), { recursive: true })
    mkdirSync(join(this.#root, name, 'objects'))
    return this.getBucket(name)
  }

  async deleteBucket(name: string): Promise<void> {
    await rm(join(this.#root, name), { recursive: true, force: true })
  }

  /** All of them at once: what s3rver makes of the place where a list was cut, no Node of today can. */
  async listObjects(bucket: string, { prefix = '' }): Promise<unknown> {
    const names = await readdir(join(this.#root, bucket, 'objects'))
    const found = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5))
    const heads = await Promise.all(found.map((name) => this.#head(bucket, name)))
    const objects = heads
      .filter((head) => head !== undefined)
      .filter(({ key }) => key.startsWith(prefix))
      .toSorted((one, other) => (one.key < other.key ? -1 : 1))
      .map(({ key, metadata }) => ({
        bucket,
        key,
        metadata,
        size: Number(metadata['content-length']),
        lastModifiedDate: new Date(),
      }))
    return { objects, commonPrefixes: [], isTruncated: false }
  }

  async existsObject(bucket: string, key: string): Promise<boolean> {
    return (await this.#head(bucket, hashOf(key))) !== undefined
  }

  async getObject(bucket: string, key: string, asked: { start?: number; end?: number } = {}) {
    const head = await this.#head(bucket, hashOf(key))
    if (head === undefined) return null
    const size = Number(head.metadata['content-length'])
    const range = { start: asked.start ?? 0, end: Math.min(asked.end ?? Infinity, size - 1) }
    const isPart = asked.start !== undefined || asked.end !== undefined
    const isEmpty = range.end < range.start
    const content = isEmpty ? Readable.from([]) : createReadStream(head.path, range)
    return {
      bucket,
      key,
      size,
      metadata: head.metadata,
      lastModifiedDate: new Date(head.metadata['last-modified'] ?? ''),
      content: isEmpty && isPart ? null : content,
      ...(isPart && { range }),
    }
  }

  async putObject({ bucket, key, content, metadata }: StoredObject): Promise<Facts> {
    const path = this.#object(bucket, hashOf(key))
    const upload = `${this.#upload(bucket)}.${randomBytes(6).toString('hex')}`
    const facts = await receive(content, upload)
    await this.#finish(upload, path, key, metadata, facts)
    return facts
  }

  async deleteObject(bucket: string, key: string): Promise<void> {
    await rm(`${this.#object(bucket, hashOf(key))}.json`, { force: true })
  }

  async initiateUpload(bucket: string, key: string, id: string, metadata: object): Promise<void> {
    mkdirSync(this.#upload(bucket, id))
    await writeFile(join(this.#upload(bucket, id), 'head'), JSON.stringify({ key, metadata }))
  }

  async putPart(bucket: string, id: string, part: string, content: Readable): Promise<Facts> {
    this.#mustBeUpload(bucket, id)
    const path = join(this.#upload(bucket, id), part)
    const facts = await receive(content, `${path}.${randomBytes(6).toString('hex')}`, path)
    await writeFile(`${path}.md5`, facts.md5)
    return facts
  }

  async putObjectMultipart(
    bucket: string,
    id: string,
    parts: readonly { number: number; etag: string }[],
  ): Promise<Facts> {
    this.#mustBeUpload(bucket, id)
    const folder = this.#upload(bucket, id)
    const { key, metadata } = JSON.parse(await readFile(join(folder, 'head'), 'utf8')) as {
      key: string
      metadata: Record<string, string>
    }
    for (const { number, etag } of parts) {
      const md5 = await readFile(join(folder, `${number}.md5`), 'utf8').catch(() => undefined)
      if (md5 !== etag) throw new S3Error('InvalidPart', 'A part is not the one that was uploaded')
    }
    async function* content(): AsyncGenerator<Buffer> {
      for (const { number } of parts) yield* createReadStream(join(folder, String(number)))
    }
    const facts = await this.putObject({ bucket, key, content: Readable.from(content()), metadata })
    await this.abortUpload(bucket, id)
    return facts
  }

  /** Which s3rver knows nothing of. */
  async abortUpload(bucket: string, id: string): Promise<void> {
    await rm(this.#upload(bucket, id), { recursive: true, force: true })
  }

  /** What was begun and is neither finished nor broken off. */
  async uploads(bucket: string): Promise<string[]> {
    return readdir(join(this.#root, bucket, 'uploads'))
  }

  getSubresource(): Promise<null> {
    return Promise.resolve(null)
  }

  #object(bucket: string, hash: string): string {
    return join(this.#root, bucket, 'objects', hash)
  }

  #upload(bucket: string, id = ''): string {
    return join(this.#root, bucket, 'uploads', id)
  }

  #mustBeUpload(bucket: string, id: string): void {
    if (/^[0-9a-f]{32}$/.test(id) && existsSync(this.#upload(bucket, id))) return
    throw new S3Error('NoSuchUpload', 'The specified multipart upload does not exist.')
  }

  /** The newest version of an object; what names it is replaced in one step. */
  async #head(bucket: string, hash: string) {
    const json = await readFile(`${this.#object(bucket, hash)}.json`, 'utf8').catch(() => undefined)
    if (json === undefined) return undefined
    const { key, version, metadata } = JSON.parse(json) as {
      key: string
      version: string
      metadata: Record<string, string>
    }
    return { key, path: this.#object(bucket, version), metadata }
  }

  async #finish(upload: string, path: string, key: string, from: object, { md5, size }: Facts) {
    const version = `${hashOf(key)}.${randomBytes(6).toString('hex')}`
    await rename(upload, join(path, '..', version))
    const kept = Object.entries(from).filter(([name]) => KEPT.test(name))
    const metadata = {
      ...Object.fromEntries(kept),
      etag: `"${md5}"`,
      'content-length': String(size),
      'last-modified': new Date().toUTCString(),
    }
    const draft = `${upload}.json`
    await writeFile(draft, JSON.stringify({ key, version, metadata }))
    await rename(draft, `${path}.json`)
  }
}

const KEPT = /^(?:cache-control|content-(?:disposition|encoding|language|type)|x-amz-meta-.*)$/

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** Writes a body into a file that is there only if it came whole and is what its sender says. */
async function receive(content: Readable, draft: string, path = draft): Promise<Facts> {
  const { headers = {} } = content as Partial<IncomingMessage>
  const sums = { md5: createHash('md5'), sha256: createHash('sha256') }
  let size = 0
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      size += chunk.length
      sums.md5.update(chunk)
      sums.sha256.update(chunk)
      next(null, chunk)
    },
  })
  try {
    await pipeline(content, counting, createWriteStream(draft, { flags: 'wx' }))
    mustBe(headers, size, sums.sha256.digest())
    if (path !== draft) await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  return { md5: sums.md5.digest('hex'), size: (await stat(path)).size }
}

function mustBe(headers: IncomingMessage['headers'], size: number, sha256: Buffer): void {
  const { 'content-length': length, 'x-amz-content-sha256': signed } = headers
  if (length !== undefined && Number(length) !== size) {
    throw new S3Error('IncompleteBody', 'You did not provide the number of bytes you said.')
  }
  const isHash = typeof signed === 'string' && /^[0-9a-f]{64}$/.test(signed)
  const sum = headers['x-amz-checksum-sha256']
  if (isHash && signed !== sha256.toString('hex')) {
    throw new S3Error('BadDigest', 'The body is not the one that was signed.')
  }
  if (sum !== undefined && sum !== sha256.toString('base64')) {
    throw new S3Error('BadDigest', 'The checksum is not the one of the body.')
  }
}
