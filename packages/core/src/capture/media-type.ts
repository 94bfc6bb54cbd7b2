import { headerParams } from './header-params.ts'

/** How bodies of a media type are decoded. */
export type BodyKind = 'json' | 'form' | 'multipart' | 'events' | 'lines' | 'text' | 'file'

/** A Content-Type header, read. */
export interface MediaType {
  /** Type and subtype in lower case. */
  readonly essence: string
  readonly charset: string | undefined
  readonly kind: BodyKind
}

const KINDS: Readonly<Record<string, BodyKind>> = {
  'application/json': 'json',
  'text/json': 'json',
  'application/x-www-form-urlencoded': 'form',
  'multipart/form-data': 'multipart',
  'text/event-stream': 'events',
  'application/x-ndjson': 'lines',
  'application/ndjson': 'lines',
  'application/jsonl': 'lines',
  'application/x-jsonlines': 'lines',
  'application/json-seq': 'lines',
}

const TEXT =
  /^(?:text\/.+|application\/(?:(?:.+\+)?xml|xml-dtd|(?:x-)?(?:java|ecma)script|(?:.+\+|x-)?yaml|toml|graphql|sql))$/

const KNOWN_MOST = 100
const KNOWN_LONGEST = 100
const known = new Map<string, MediaType | undefined>()

/** Reads a Content-Type header; `undefined` where there is none that names a type. */
export function parseMediaType(header: string | undefined): MediaType | undefined {
  if (header === undefined) return undefined
  const before = known.get(header)
  if (before !== undefined) return before
  const media = readMediaType(header)
  if (known.size < KNOWN_MOST && header.length <= KNOWN_LONGEST) known.set(header, media)
  return media
}

function readMediaType(header: string): MediaType | undefined {
  const semicolon = header.indexOf(';')
  const named = semicolon === -1 ? header : header.slice(0, semicolon)
  const essence = named.trim().toLowerCase()
  if (!/^[^\s/,"]+\/[^\s/,"]+$/.test(essence)) return undefined
  const charset = semicolon === -1 ? undefined : headerParams(header).get('charset')
  return { essence, charset, kind: kindOf(essence) }
}

/** Whether a body of this Content-Type is read as a multipart form. */
export function isMultipart(header: string | undefined): boolean {
  return parseMediaType(header)?.kind === 'multipart'
}

function kindOf(essence: string): BodyKind {
  if (Object.hasOwn(KINDS, essence)) return KINDS[essence] as BodyKind
  if (essence.endsWith('+json')) return 'json'
  if (essence.endsWith('+json-seq')) return 'lines'
  return TEXT.test(essence) ? 'text' : 'file'
}
