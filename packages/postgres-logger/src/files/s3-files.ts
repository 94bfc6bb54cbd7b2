import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { FlaggedFile } from '@flagging/core'
import {
  type ByteSource,
  contentDisposition,
  handedOutName,
  isInert,
  servedTypeOf,
} from '@flagging/core/store'
import { checkedKey } from './checked-key.ts'
import type { FileStore, StoredFacts } from './file-store.ts'
import { PutRoom } from './put-room.ts'
import { S3Calls } from './s3-calls.ts'
import { isGone, s3Error, s3Status } from './s3-error.ts'
import { sayMD5 } from './s3-headers.ts'
import {
  type S3FilesOptions,
  type S3Settings,
  isElsewhere,
  s3Client,
  s3Settings,
} from './s3-options.ts'
import { s3Source } from './s3-source.ts'
import { PART_BYTES, memoryOf, sendParts, sendWhole } from './s3-upload.ts'

/** How many keys one request deletes at most. */
const MAX_KEYS = 1000
/** What files on their way may take of memory, and what each takes at least: 32 at once. */
const ROOM_BYTES = 64 * 1024 * 1024
const LEAST_BYTES = 2 * 1024 * 1024

/**
 * Files of samples in a bucket of Amazon S3, or of anything that speaks its language: MinIO, R2, Ceph
 * and so on. Objects are private and inert: no ACL is sent, the type is one of which browsers make
 * nothing or an image, audio or video, and the SHA-256 stands in the metadata. A file is there whole or
 * not at all; at most 64 MiB of memory hold what is on its way.
 *
 * Give the bucket a lifecycle rule that deletes unfinished multipart uploads after a day: what a process
 * leaves behind that dies while it sends a large file costs space otherwise. In a bucket that keeps
 * versions, a deleted file is gone for good when its rule for old versions says so.
 */
export class S3Files implements FileStore {
  readonly #settings: S3Settings
  readonly #calls: S3Calls
  readonly #isElsewhere: boolean
  readonly #room = new PutRoom(ROOM_BYTES)

  /** @throws FlaggingError `ERR_FLAGGING_OPTION` */
  constructor(options: S3FilesOptions) {
    this.#settings = s3Settings(options)
    const { client, isOurs } = s3Client(options.client, this.#settings.timeoutMs)
    this.#calls = new S3Calls(client, isOurs)
    this.#isElsewhere = client.config.isCustomEndpoint === true || isElsewhere({})
  }

  async put(key: string, file: FlaggedFile): Promise<StoredFacts> {
    checkedKey(key)
    const { client } = this.#calls
    const memory = Math.min(ROOM_BYTES, Math.max(LEAST_BYTES, memoryOf(file.size)))
    return this.#room.run(memory, () =>
      this.#try(`${key} could not be stored`, (call) =>
        file.size <= PART_BYTES
          ? sendWhole(client, this.#settings, key, file, call.signal)
          : sendParts(client, this.#settings, key, file, call),
      ),
    )
  }

  open(key: string, size: number): ByteSource {
    const { bucket, prefix, timeoutMs } = this.#settings
    const path = `${prefix}${checkedKey(key)}`
    return s3Source({ calls: this.#calls, bucket, key: path, size, timeoutMs })
  }

  async remove(keys: readonly string[]): Promise<void> {
    const paths = [...new Set(keys)].map((key) => `${this.#settings.prefix}${checkedKey(key)}`)
    for (let at = 0; at < paths.length; at += MAX_KEYS) {
      const some = paths.slice(at, at + MAX_KEYS)
      await this.#try('Files could not be deleted', ({ signal }) => this.#remove(some, signal))
    }
  }

  /**
   * An address for a while, signed with the credentials of the client: it is good no longer than those
   * are. Whoever has it may read this one file. Neither its type nor its name is what was uploaded.
   */
  async presign(
    key: string,
    { type, name }: { readonly type: string; readonly name: string },
  ): Promise<string> {
    const { bucket, prefix, presignSeconds } = this.#settings
    const kind = isInert(type) ? 'inline' : 'attachment'
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: `${prefix}${checkedKey(key)}`,
      ResponseContentType: servedTypeOf(type),
      ResponseContentDisposition: contentDisposition(kind, handedOutName(name, type)),
      ResponseCacheControl: 'private, no-store',
    })
    return this.#try('No address could be signed', () =>
      getSignedUrl(this.#calls.client, command, { expiresIn: presignSeconds }),
    )
  }

  async check(): Promise<void> {
    const { bucket } = this.#settings
    await this.#try('Files cannot be stored', async ({ signal: abortSignal }) => {
      try {
        await this.#calls.client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal })
      } catch (error) {
        // An answer to HEAD has no body that would say why.
        if (s3Status(error) !== 403 && s3Status(error) !== 400) throw error
        const list = new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 })
        await this.#calls.client.send(list, { abortSignal })
      }
    })
  }

  close(): Promise<void> {
    this.#calls.close()
    return Promise.resolve()
  }

  async #remove(paths: readonly string[], abortSignal: AbortSignal): Promise<void> {
    const command = new DeleteObjectsCommand({
      Bucket: this.#settings.bucket,
      Delete: { Objects: paths.map((Key) => ({ Key })), Quiet: true },
    })
    if (this.#isElsewhere) sayMD5(command)
    try {
      const { Errors = [] } = await this.#calls.client.send(command, { abortSignal })
      const failed = Errors.find(({ Code }) => Code !== 'NoSuchKey')
      if (failed) throw Object.assign(new Error(failed.Message), { name: failed.Code ?? 'Error' })
    } catch (error) {
      const status = s3Status(error)
      if (status !== 501 && status !== 405) throw error
      await this.#removeEach(paths, abortSignal)
    }
  }

  /** For servers that delete one object at a time only. */
  async #removeEach(paths: readonly string[], abortSignal: AbortSignal): Promise<void> {
    for (const Key of paths) {
      const command = new DeleteObjectCommand({ Bucket: this.#settings.bucket, Key })
      await this.#calls.client.send(command, { abortSignal }).catch((error: unknown) => {
        if (!isGone(error)) throw error
      })
    }
  }

  async #try<T>(what: string, work: (call: AbortController) => Promise<T>): Promise<T> {
    try {
      return await this.#calls.run(work)
    } catch (error) {
      throw s3Error(error, this.#settings.bucket, what)
    }
  }
}
