import { decode } from '../src/capture/decode.ts'
import type { DecodeJob, Decoded, Datum } from '../src/capture/decoded.ts'
import { builtinRedactNames } from '../src/capture/redact-rules.ts'

const LIMITS: DecodeJob['limits'] = {
  fields: 256,
  files: 20,
  fileBytes: 32 * 1024 * 1024,
  interactionBytes: 64 * 1024 * 1024,
}

/** A job with the defaults, for a recorded body in memory. */
export function jobOf(
  body: string | Uint8Array,
  contentType?: string,
  more: Partial<DecodeJob> = {},
): DecodeJob & { readonly source: Uint8Array } {
  return {
    contentType,
    truncated: false,
    redact: { names: builtinRedactNames, extra: [], exempt: [] },
    limits: LIMITS,
    ...more,
    source: typeof body === 'string' ? Buffer.from(body) : body,
  }
}

/** Decodes a body that needs no thread. */
export function decoded(
  body: string | Uint8Array,
  contentType?: string,
  more: Partial<DecodeJob> = {},
): Decoded {
  const job = jobOf(body, contentType, more)
  const result = decode(job, job.source)
  if (result instanceof Promise) throw new Error('Only multipart takes a promise.')
  return result
}

/** A datum in a form that is easily compared: its exact text, or its value, or the names of files. */
export function plain(datum: Datum | undefined): unknown {
  if (datum === undefined) return undefined
  if ('file' in datum) return datum.file
  if ('files' in datum) return datum.files
  return datum.json === undefined ? datum.value : { json: datum.json }
}

/** The fields of a body by name. */
export function fieldsOf(body: Decoded): Map<string, unknown> {
  if (body.kind !== 'fields') throw new Error(`The body is ${body.kind}: ${body.error ?? ''}`)
  return new Map(body.entries?.map(([name, datum]) => [name, plain(datum)]))
}

/** The bytes of a file of a body: its own, or its range of what was recorded. */
export function bytesOf(
  file: { readonly bytes?: Uint8Array; readonly offset: number; readonly size: number },
  body: Uint8Array,
): Buffer {
  const bytes = file.bytes ?? body.subarray(file.offset, file.offset + file.size)
  return Buffer.from(bytes)
}

/** A stopwatch for the CPU time of this process, in milliseconds: other work on the machine is none. */
export function startCPUWatch(): () => number {
  const started = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(started)
    return (user + system) / 1000
  }
}
