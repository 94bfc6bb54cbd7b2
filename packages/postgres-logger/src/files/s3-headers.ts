import { createHash } from 'node:crypto'
import type { DeleteObjectsCommand, PutObjectCommand } from '@aws-sdk/client-s3'

/** What of a request is looked at and changed here. */
interface PlainRequest {
  readonly headers: Record<string, string>
  readonly body?: unknown
}

/** Has a body signed with a SHA-256 that is known: it need not be read once more for that. */
export function signWith(command: PutObjectCommand, sha256: string): void {
  command.middlewareStack.add(
    (next) => (args) => {
      ;(args.request as PlainRequest).headers['x-amz-content-sha256'] = sha256
      return next(args)
    },
    { step: 'build', priority: 'low', name: 'flaggingKnownHash' },
  )
}

/**
 * Says of a list of keys what S3 has always wanted to hear, its MD5, in place of the CRC32 that the SDK
 * sends since 2025: MinIO before that, and others to this day, refuse the request without.
 */
export function sayMD5(command: DeleteObjectsCommand): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers, body } = args.request as PlainRequest
      for (const name of Object.keys(headers)) {
        if (/^x-amz-(?:sdk-)?checksum-/i.test(name)) delete headers[name]
      }
      headers['content-md5'] = createHash('md5')
        .update(body as string | Uint8Array)
        .digest('base64')
      return next(args)
    },
    { step: 'build', priority: 'low', name: 'flaggingContentMD5' },
  )
}
