import type { LeftBody, LeftFile } from '@flagging/core/adapter'
import type { Context } from 'hono'

/** The bodies that Hono keeps of those that it has read. */
interface BodyCache {
  readonly arrayBuffer?: Promise<ArrayBuffer> | ArrayBuffer
  readonly blob?: Promise<Blob> | Blob
  readonly text?: Promise<string> | string
  readonly json?: Promise<unknown>
  readonly formData?: Promise<FormData> | FormData
}

/** What Hono has kept of a body that was read before us; `undefined` if nothing. */
export async function leftBody(c: Context): Promise<LeftBody | undefined> {
  const cache = c.req.bodyCache as BodyCache
  const { rawBody } = ((c.env ?? {}) as { incoming?: { rawBody?: unknown } }).incoming ?? {}
  if (rawBody instanceof Uint8Array) return { bytes: rawBody }
  if (cache.arrayBuffer) return { bytes: new Uint8Array(await cache.arrayBuffer) }
  if (cache.blob) return { bytes: new Uint8Array(await (await cache.blob).arrayBuffer()) }
  if (cache.text !== undefined) return { bytes: new TextEncoder().encode(await cache.text) }
  if (cache.json !== undefined) return { value: await cache.json }
  if (cache.formData) return formBody(await cache.formData)
  return undefined
}

async function formBody(form: FormData): Promise<LeftBody> {
  const fields = new Map<string, string[]>()
  const files: LeftFile[] = []
  for (const [field, value] of form) {
    if (typeof value === 'string') fields.set(field, [...(fields.get(field) ?? []), value])
    else {
      const content = new Uint8Array(await value.arrayBuffer())
      files.push({ field, name: value.name, type: value.type, content })
    }
  }
  const entries = [...fields].map(([name, values]) => [
    name,
    values.length === 1 ? values[0] : values,
  ])
  return { value: Object.fromEntries(entries), form: true, files }
}
