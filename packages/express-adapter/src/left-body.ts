import { basename, join } from 'node:path'
import type { LeftBody, LeftFile } from '@flagging/core/adapter'
import type { Request } from 'express'

/** A file as multer leaves it: in memory, or where it wrote it. */
interface MulterFile {
  readonly fieldname: string
  readonly originalname: string
  readonly mimetype: string
  readonly buffer?: Uint8Array
  readonly destination?: string
  readonly filename?: string
  readonly path?: string
}

interface Parsed {
  readonly rawBody?: unknown
  readonly body?: unknown
  readonly file?: MulterFile
  readonly files?: readonly MulterFile[] | Readonly<Record<string, readonly MulterFile[]>>
}

/** What parsers and upload middlewares have left of a body that was read before us. */
export function leftBody(req: Request): LeftBody | undefined {
  const { rawBody, body, file, files } = req as unknown as Parsed
  if (rawBody instanceof Uint8Array) return { bytes: rawBody }
  if (body instanceof Uint8Array) return { bytes: body }
  const type = req.headers['content-type'] ?? ''
  const isForm = /^(multipart\/form-data|application\/x-www-form-urlencoded)/i.test(type)
  if (typeof body === 'string' && !/json/i.test(type)) return { bytes: Buffer.from(body) }
  const uploads = file ? [file] : Array.isArray(files) ? files : Object.values(files ?? {}).flat()
  const left = (uploads as readonly MulterFile[]).flatMap(uploaded)
  if (body === undefined && left.length === 0) return undefined
  return { value: body ?? {}, form: isForm, files: left }
}

function uploaded(file: MulterFile): LeftFile[] {
  const content = file.buffer ?? pathOf(file)
  const { fieldname: field, originalname: name, mimetype: type } = file
  return content ? [{ field, name, type, content }] : []
}

/** The path is the middleware's own only if it is made of the directory and name that it chose. */
function pathOf({ path, destination, filename }: MulterFile): { path: string } | undefined {
  if (path === undefined || destination === undefined || filename === undefined) return undefined
  const isOwn = filename === basename(filename) && path === join(destination, filename)
  return isOwn ? { path } : undefined
}
