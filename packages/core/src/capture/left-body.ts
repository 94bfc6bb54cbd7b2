import { readRange } from '../store/disk.ts'
import type { FileSystem } from '../store/file-system.ts'
import { stringifyJSON } from './stringify-json.ts'
import type { JSONValue } from '../sample/flag-value.ts'
import { Recorder, type RecorderContext } from './recorder.ts'

/** A file that an upload middleware has left. */
export interface LeftFile {
  readonly field: string
  readonly name: string | undefined
  readonly type: string
  /** Its bytes, or the path to which the host's own middleware wrote them. */
  readonly content: Uint8Array | { readonly path: string }
}

/**
 * What an earlier middleware made of a request body before we were mounted: the bytes, where it kept
 * them, else the value that it parsed.
 */
export interface LeftBody {
  readonly bytes?: Uint8Array
  /** A parsed JSON value, or the fields of a form. */
  readonly value?: unknown
  /** Whether `value` holds the strings of a form. */
  readonly form?: boolean
  readonly files?: readonly LeftFile[]
}

/** A file that was left, kept like any other recording. */
interface KeptFile {
  readonly field: string
  readonly name: string | undefined
  readonly type: string
  readonly recorder: Recorder
}

/** What was left of a request body, kept as it was when we were mounted. */
export interface KeptBody {
  /** The bytes of the body, or the JSON text of its value. */
  readonly body: Recorder | undefined
  /** Whether `body` is the JSON text of a value that the host has parsed. */
  readonly isValue: boolean
  readonly form: boolean
  readonly files: readonly KeptFile[]
}

/** Keeps what was left: a later change by the host does not reach it. */
export async function keepLeftBody(
  left: LeftBody,
  context: RecorderContext,
  fs: FileSystem,
): Promise<KeptBody> {
  const bytes =
    left.bytes ??
    (left.value === undefined ? undefined : Buffer.from(stringifyJSON(left.value as JSONValue)))
  const body = bytes && recorded(bytes, context)
  const isValue = left.bytes === undefined && body !== undefined
  // All at once: an upload that the handler deletes stays readable once it is open.
  const kept = await Promise.all(
    (left.files ?? []).map(async ({ field, name, type, content }) => {
      try {
        const recorder =
          content instanceof Uint8Array
            ? recorded(content, context)
            : await copied(content.path, context, fs)
        return { field, name, type, recorder }
      } catch (error) {
        context.onError(error)
        return undefined
      }
    }),
  )
  const files = kept.filter((file) => file !== undefined)
  return { body, isValue, form: left.form ?? false, files }
}

function recorded(bytes: Uint8Array, context: RecorderContext): Recorder {
  const recorder = new Recorder(context)
  recorder.add(bytes)
  return recorder
}

async function copied(path: string, context: RecorderContext, fs: FileSystem): Promise<Recorder> {
  const recorder = new Recorder(context)
  const file = await fs.open(path, 'read')
  try {
    const { size } = await file.stat()
    for await (const chunk of readRange(file, 0, size)) {
      recorder.add(chunk)
      if (recorder.truncated) break
    }
  } finally {
    await file.close()
  }
  return recorder
}
