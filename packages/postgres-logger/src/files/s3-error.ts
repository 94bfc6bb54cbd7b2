import { FlaggingError } from '@flagging/core'
import { type FileFault, OF_FILE, OF_PLACE, PASSING, fileError, fileFaultOf } from './file-fault.ts'

/** What S3 and its kin refuse a file for that the next file need not have. */
const OF_FILES = new Set('EntityTooLarge KeyTooLongError MetadataTooLarge'.split(' '))
/** What passes, whatever its status says. */
const PASSES = new Set(
  `RequestTimeout SlowDown TooManyRequests Throttling ThrottlingException InternalError
  ServiceUnavailable OperationAborted ConditionalRequestConflict BadDigest IncompleteBody
  XAmzContentSHA256Mismatch NoSuchUpload InvalidPart TimeoutError`.split(/\s+/),
)
const NEVER = new Set([501, 505])

const GRANTS =
  's3:PutObject, s3:GetObject, s3:DeleteObject, s3:AbortMultipartUpload and s3:ListBucket'
const CREDENTIALS = 'the credentials are wrong: see `client.credentials`'
const UNTRUSTED = 'its certificate is not trusted: see NODE_EXTRA_CA_CERTS'
const NO_BUCKET = 'there is no such bucket: make it, or correct `bucket`'
const ADVICE: Readonly<Record<string, string>> = {
  NoSuchBucket: NO_BUCKET,
  InvalidBucketName: 'no bucket can have this name: correct `bucket`',
  AccessDenied: `these credentials must be granted ${GRANTS}`,
  AllAccessDisabled: `these credentials must be granted ${GRANTS}`,
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  InvalidToken: CREDENTIALS,
  ExpiredToken: 'the credentials have expired: give ones that are renewed',
  RequestTimeTooSkewed: "this machine's clock is wrong",
  CredentialsProviderError: 'no credentials were found: give `client.credentials`',
  ENOTFOUND: 'the name of the server is unknown: see `client.endpoint` and `client.region`',
  EAI_AGAIN: 'the name of the server cannot be looked up now',
  ECONNREFUSED: 'nobody answers there: see `client.endpoint`',
  ETIMEDOUT: 'the server did not answer in time',
  TimeoutError: 'the server did not answer in time',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
}

/** What an error of the SDK says, as far as anything here looks at it. */
interface Told {
  readonly name: string
  readonly status: number | undefined
  readonly code: string | undefined
  /** The region of the bucket, where the server names it. */
  readonly region: string | undefined
  readonly isWithoutRegion: boolean
  /** Its own words, where they may help. */
  readonly said: string | undefined
}

const UNKNOWN: Told = {
  name: 'Error',
  status: undefined,
  code: undefined,
  region: undefined,
  isWithoutRegion: false,
  said: undefined,
}

const MAX_SAID = 200

/** An error that names what the bucket did not do, and what to do about it; the SDK's is its cause. */
export function s3Error(error: unknown, bucket: string, what: string): FlaggingError {
  if (error instanceof FlaggingError) return error
  const told = tell(error)
  const message = `${what} (bucket ${JSON.stringify(bucket)}; ${reason(told)})`
  return fileError(faultOf(told, error), message, plainError(error))
}

/** Whether an object is not there, though its bucket is. */
export function isGone(error: unknown): boolean {
  const { status, name } = tell(error)
  return status === 404 && name !== 'NoSuchBucket'
}

/** The status of the answer; `undefined` where there was none. */
export function s3Status(error: unknown): number | undefined {
  return tell(error).status
}

function tell(error: unknown): Told {
  if (!(error instanceof Error)) return UNKNOWN
  const { $metadata, $response, Region, code } = error as {
    $metadata?: { httpStatusCode?: number }
    $response?: { headers?: Record<string, string> }
    Region?: string
    code?: unknown
  }
  return {
    name: error.name,
    status: $metadata?.httpStatusCode,
    code: typeof code === 'string' ? code : undefined,
    region: $response?.headers?.['x-amz-bucket-region'] ?? Region,
    isWithoutRegion: error.message === 'Region is missing',
    said: error.message === 'UnknownError' ? undefined : error.message.slice(0, MAX_SAID),
  }
}

function reason({ name, status, code, region, isWithoutRegion, said }: Told): string {
  const isElsewhere = status === 301 || status === 307 || name === 'AuthorizationHeaderMalformed'
  if (isElsewhere || name === 'PermanentRedirect') {
    return region === undefined
      ? `${name}: the bucket is in another region, see \`client.region\``
      : `it is in ${region}: set \`client.region\` to that`
  }
  if (isWithoutRegion) return 'no region is known: set `client.region`, or AWS_REGION'
  const key = code ?? name
  const advice = Object.hasOwn(ADVICE, key) ? ADVICE[key] : (byStatus(status) ?? said)
  return [status === undefined ? key : `${status} ${key}`, advice].filter(Boolean).join(': ')
}

function byStatus(status: number | undefined): string | undefined {
  if (status === 403) return `the credentials are wrong, or must be granted ${GRANTS}`
  // Of an object that is gone, others speak; an answer to HEAD has no body that would say more.
  if (status === 404) return NO_BUCKET
  return undefined
}

function faultOf({ name, status }: Told, error: unknown): FileFault {
  if (OF_FILES.has(name)) return OF_FILE
  if (PASSES.has(name)) return PASSING
  if (status === undefined) return fileFaultOf(error)
  const isBusy = status === 408 || status === 429 || (status >= 500 && !NEVER.has(status))
  return isBusy ? PASSING : OF_PLACE
}

/**
 * The error, without what hangs on the SDK's own: the request with its headers, the socket, and what a
 * server repeats of a request that it takes for forged. Somebody's log is no place for any of them.
 */
export function plainError(error: unknown): unknown {
  if (!(error instanceof Error) || !('$metadata' in error)) return error
  const { name, message, stack, $metadata } = error
  const copy = Object.assign(new Error(message), { name, $metadata })
  if ('code' in error) Object.assign(copy, { code: error.code })
  if (stack !== undefined) copy.stack = stack
  return copy
}
