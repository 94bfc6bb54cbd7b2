import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { FlaggingError } from '@flagging/core'

/** The options of `S3Files`. */
export interface S3FilesOptions {
  /** The name of a bucket that is there already. */
  readonly bucket: string
  /** What all keys start with, such as `app/`; a `/` is put behind it if there is none. Default: nothing. */
  readonly prefix?: string
  /**
   * Where the bucket is and who asks: what `new S3Client()` takes, or a client that the caller made and
   * closes. Default: what the AWS SDK finds in the environment. For an `endpoint` other than AWS, the
   * bucket's name stands in the path and checksums are sent only where S3 demands them, unless this
   * says otherwise; the region is then `us-east-1` unless it is said here or in `AWS_REGION`.
   */
  readonly client?: S3ClientConfig | S3Client
  /** For how many seconds an address of `presign` is good: 1 to 604800. Default 900. */
  readonly presignSeconds?: number
  /** Such as `STANDARD_IA` or `INTELLIGENT_TIERING`. Default: what the bucket says. */
  readonly storageClass?: string
  /** Such as `AES256` or `aws:kms`. Default: what the bucket says. */
  readonly serverSideEncryption?: string
  /** The key in AWS KMS that encrypts, with `serverSideEncryption: 'aws:kms'`. */
  readonly kmsKeyId?: string
  /**
   * Milliseconds that a request may take, and that the server may be silent while a file is read; the
   * first only for clients that are made here. Default 60,000.
   */
  readonly timeoutMs?: number
}

/** The options with their defaults. */
export interface S3Settings {
  readonly bucket: string
  readonly prefix: string
  readonly presignSeconds: number
  readonly storageClass: string | undefined
  readonly serverSideEncryption: string | undefined
  readonly kmsKeyId: string | undefined
  readonly timeoutMs: number
}

const NAMES = new Set(
  'bucket prefix client presignSeconds storageClass serverSideEncryption kmsKeyId timeoutMs'.split(
    ' ',
  ),
)
const WEEK_SECONDS = 7 * 24 * 3600
const HOUR_MS = 3600 * 1000
/** What S3 takes of a key at most, less room for ours. */
const MAX_PREFIX_BYTES = 256

/** Throws at what is no option of `S3Files`, and says what is. */
export function s3Settings(options: S3FilesOptions): S3Settings {
  if (typeof options !== 'object' || options === null) throw bad('takes an object of options')
  const unknown = Object.keys(options).find((name) => !NAMES.has(name))
  if (unknown !== undefined) throw bad(`has no option ${unknown}; it has ${[...NAMES].join(', ')}`)
  const { bucket, storageClass, serverSideEncryption, kmsKeyId } = options
  if (typeof bucket !== 'string' || bucket === '') throw bad('needs `bucket`, the name of a bucket')
  for (const [name, value] of Object.entries({ storageClass, serverSideEncryption, kmsKeyId })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw bad(`takes \`${name}\` as a string`)
    }
  }
  if (kmsKeyId !== undefined && serverSideEncryption?.startsWith('aws:kms') !== true) {
    throw bad("takes `kmsKeyId` only with `serverSideEncryption: 'aws:kms'`")
  }
  return {
    bucket,
    prefix: checkedPrefix(options.prefix ?? ''),
    presignSeconds: whole('presignSeconds', options.presignSeconds ?? 900, WEEK_SECONDS),
    timeoutMs: whole('timeoutMs', options.timeoutMs ?? 60_000, HOUR_MS),
    storageClass,
    serverSideEncryption,
    kmsKeyId,
  }
}

function whole(name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw bad(`takes \`${name}\` as a whole number from 1 to ${max}`)
}

function checkedPrefix(prefix: string): string {
  if (typeof prefix !== 'string') throw bad('takes `prefix` as a string')
  if (prefix === '') return ''
  const whole = prefix.endsWith('/') ? prefix : `${prefix}/`
  const hasOddSegment = whole
    .slice(0, -1)
    .split('/')
    .some((part) => /^\.{0,2}$/.test(part))
  if (hasOddSegment || /[\0-\x1f\x7f]/.test(whole) || Buffer.byteLength(whole) > MAX_PREFIX_BYTES) {
    throw bad(
      'takes a `prefix` such as `app/`: at most 256 bytes, without empty parts, `.`, `..` and control characters',
    )
  }
  return whole
}

/** The client that the options name, and whether it is ours to close. */
export function s3Client(
  client: S3ClientConfig | S3Client = {},
  timeoutMs: number,
): { readonly client: S3Client; readonly isOurs: boolean } {
  if (isClient(client)) return { client, isOurs: false }
  if (typeof client !== 'object' || client === null) {
    throw bad('takes `client` as the configuration of an S3Client, or as one')
  }
  const defaults = isElsewhere(client) ? ELSEWHERE() : {}
  return { client: new S3Client({ ...ours(timeoutMs), ...defaults, ...client }), isOurs: true }
}

/** Whether a client asks somebody else than AWS, so far as can be told. */
export function isElsewhere(config: { readonly endpoint?: unknown }): boolean {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env
  return config.endpoint !== undefined || Boolean(AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL)
}

function isClient(client: S3ClientConfig | S3Client | null): client is S3Client {
  return typeof (client as Partial<S3Client> | null)?.send === 'function'
}

/** More than files are ever stored at once, so that readers who are slow do not keep them waiting. */
const MAX_SOCKETS = 200

function ours(timeoutMs: number): S3ClientConfig {
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS }
  return {
    maxAttempts: 3,
    // A server that knows nothing of it would be waited for, and each body get a connection of its own.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: Math.min(timeoutMs, 10_000),
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      // Whoever reads slowly is no server that is silent.
      socketTimeout: 0,
      httpAgent: agent,
      httpsAgent: agent,
    },
  }
}

/** Headers that are newer than S3 are refused by some servers; the body is signed with its SHA-256. */
function ELSEWHERE(): S3ClientConfig {
  const { env } = process
  return {
    forcePathStyle: true,
    region: env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    ...(env['AWS_REQUEST_CHECKSUM_CALCULATION'] === undefined && {
      requestChecksumCalculation: 'WHEN_REQUIRED',
    }),
    ...(env['AWS_RESPONSE_CHECKSUM_VALIDATION'] === undefined && {
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
  }
}

function bad(what: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_OPTION', `S3Files ${what}`)
}
