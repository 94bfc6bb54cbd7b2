import { FlaggingError } from '@flagging/core'
import type { ByteSource } from '@flagging/core/store'
import { DirectoryFiles } from '../files/directory-files.ts'
import type { FileStore } from '../files/file-store.ts'
import type { S3FilesOptions } from '../files/s3-options.ts'

const FORM = 's3://bucket/prefix?endpoint=URL&region=NAME&path-style'
const PARTS: readonly string[] = ['endpoint', 'region', 'path-style']

/**
 * Where the files of samples are: a directory, or a bucket, `s3://bucket/prefix`. Nowhere is a place,
 * too, until there is a file.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` with what to write
 */
export async function filesPlace(given: string | undefined): Promise<FileStore> {
  if (given === undefined) return new NoFiles()
  if (!given.startsWith('s3:')) return new DirectoryFiles(given)
  return newS3Files(bucketOf(given))
}

function bucketOf(given: string): S3FilesOptions {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !given.startsWith('s3://') || url.hostname === '' || url.username) {
    throw bad(`is no address of a bucket: write ${FORM}`)
  }
  const { searchParams } = url
  const unknown = [...searchParams.keys()].find((name) => !PARTS.includes(name))
  if (unknown !== undefined) {
    throw bad(`has no ${JSON.stringify(unknown)}: write ${FORM}`)
  }
  const endpoint = searchParams.get('endpoint')
  const region = searchParams.get('region')
  return {
    bucket: url.hostname,
    prefix: decodeURIComponent(url.pathname.replace(/^\//, '')),
    client: {
      ...(endpoint !== null && { endpoint }),
      ...(region !== null && { region }),
      ...(searchParams.has('path-style') && { forcePathStyle: true }),
    },
  }
}

async function newS3Files(options: S3FilesOptions): Promise<FileStore> {
  try {
    const { S3Files } = await import('../files/s3-files.ts')
    return new S3Files(options)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    const message =
      'Files in a bucket need the AWS SDK: npm install @aws-sdk/client-s3 @aws-sdk/lib-storage ' +
      '@aws-sdk/s3-request-presigner'
    throw new FlaggingError('ERR_FLAGGING_OPTION', message, { cause })
  }
}

/** The place of those who have not said any: good for samples without files. */
class NoFiles implements FileStore {
  put(): Promise<never> {
    return Promise.reject(unsaid())
  }

  open(_key: string, size: number): ByteSource {
    return {
      size,
      // eslint-disable-next-line require-yield
      async *chunks() {
        throw unsaid()
      },
      part: () => this.open(_key, size),
    }
  }

  remove(): Promise<void> {
    return Promise.reject(unsaid())
  }

  check(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

function unsaid(): FlaggingError {
  return bad(`is needed: there are samples with files. Say where those are, as DIR or ${FORM}`)
}

function bad(what: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_OPTION', `--files ${what}`)
}
