import type { FlaggedFile } from '../sample/flag-value.ts'

/** How many bytes of a file are looked at to recognise it. */
export const HEAD_BYTES = 4100

const UNKNOWN = 'bin'
const OCTETS = 'application/octet-stream'

// The extensions that are ever written, and what they are served as; the first type is the one to
// read back. Inert: nothing in it can run, so it may be shown inline.
const INERT: Readonly<Record<string, string>> = {
  png: 'image/png',
  apng: 'image/apng image/vnd.mozilla.apng',
  jpg: 'image/jpeg image/jpg image/pjpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  heic: 'image/heic image/heif image/heic-sequence image/heif-sequence',
  jxl: 'image/jxl',
  jp2: 'image/jp2',
  bmp: 'image/bmp image/x-ms-bmp',
  tif: 'image/tiff',
  ico: 'image/x-icon image/vnd.microsoft.icon',
  mp3: 'audio/mpeg audio/mp3',
  wav: 'audio/wav audio/x-wav audio/wave audio/vnd.wave',
  ogg: 'audio/ogg application/ogg',
  oga: 'audio/ogg',
  opus: 'audio/ogg audio/opus',
  flac: 'audio/flac audio/x-flac',
  aac: 'audio/aac',
  m4a: 'audio/mp4 audio/x-m4a audio/m4a',
  aif: 'audio/aiff audio/x-aiff',
  amr: 'audio/amr',
  weba: 'audio/webm',
  mid: 'audio/midi',
  mp4: 'video/mp4',
  m4v: 'video/x-m4v',
  webm: 'video/webm',
  mov: 'video/quicktime',
  mkv: 'video/matroska video/x-matroska',
  avi: 'video/vnd.avi video/x-msvideo',
  mpg: 'video/mpeg',
  ogv: 'video/ogg',
  '3gp': 'video/3gpp',
}

const PASSIVE: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  md: 'text/markdown',
  vtt: 'text/vtt',
  srt: 'application/x-subrip',
  json: 'application/json text/json',
  jsonl: 'application/x-ndjson application/jsonl',
  yaml: 'application/yaml application/x-yaml text/yaml',
  pdf: 'application/pdf',
  rtf: 'application/rtf text/rtf',
  epub: 'application/epub+zip',
  doc: 'application/msword',
  xls: 'application/vnd.ms-excel',
  ppt: 'application/vnd.ms-powerpoint',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  odt: 'application/vnd.oasis.opendocument.text',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  odp: 'application/vnd.oasis.opendocument.presentation',
  zip: 'application/zip application/x-zip-compressed',
  gz: 'application/gzip application/x-gzip',
  bz2: 'application/x-bzip2',
  xz: 'application/x-xz',
  zst: 'application/zstd',
  '7z': 'application/x-7z-compressed',
  tar: 'application/x-tar',
  parquet: 'application/vnd.apache.parquet',
  npy: 'application/x-npy',
  glb: 'model/gltf-binary',
  stl: 'model/stl',
  dcm: 'application/dicom',
}

// Runs something when it is opened where it lies; kept under its own name only on demand.
const ACTIVE: Readonly<Record<string, string>> = {
  html: 'text/html',
  xhtml: 'application/xhtml+xml',
  svg: 'image/svg+xml',
  xml: 'application/xml text/xml',
  js: 'text/javascript application/javascript application/x-javascript',
  css: 'text/css',
  php: 'application/x-httpd-php application/x-php text/x-php',
  wasm: 'application/wasm',
  swf: 'application/x-shockwave-flash',
}

// What others call them: read in Gradio's folders, never written.
const ALIASES: Readonly<Record<string, string>> = {
  jpeg: 'jpg',
  jpe: 'jpg',
  jfif: 'jpg',
  tiff: 'tif',
  heif: 'heic',
  aiff: 'aif',
  midi: 'mid',
  mpeg: 'mpg',
  yml: 'yaml',
  ndjson: 'jsonl',
  htm: 'html',
  mjs: 'js',
}

const TYPES = new Map<string, string>()
const EXTENSIONS = new Map<string, string>()
for (const [extension, names] of [INERT, PASSIVE, ACTIVE].flatMap(Object.entries<string>)) {
  const types = names.split(' ')
  TYPES.set(extension, types[0] ?? '')
  for (const type of types) if (!EXTENSIONS.has(type)) EXTENSIONS.set(type, extension)
}

// Containers: what they are known to hold is said by the declared type alone.
const REFINED: Readonly<Record<string, readonly string[]>> = {
  zip: ['docx', 'xlsx', 'pptx', 'odt', 'ods', 'odp', 'epub'],
  cfb: ['doc', 'xls', 'ppt'],
  webm: ['weba'],
  mkv: ['webm', 'weba'],
  mp4: ['m4a', 'm4v'],
  xml: ['svg', 'xhtml', 'html'],
}

/**
 * The extension under which a file is stored: by its content where that is recognised, else by the
 * declared type, and only from a list; anything else is `bin`. So is what a browser or a server
 * would run, unless `activeContent` allows it.
 * @param head the first {@link HEAD_BYTES} bytes, or all of them
 * @param declared the media type that came with it
 */
export async function extensionOf(
  head: Uint8Array,
  declared: string,
  activeContent = false,
): Promise<string> {
  const claimed = EXTENSIONS.get(bareType(declared))
  const found = await recognise(head)
  const extension = found === undefined ? claimed : settle(found, claimed)
  if (extension === undefined || !TYPES.has(extension)) return UNKNOWN
  return Object.hasOwn(ACTIVE, extension) && !activeContent ? UNKNOWN : extension
}

/** {@link extensionOf} for a file that is read only for this. */
export async function extensionOfFile(file: FlaggedFile, activeContent = false): Promise<string> {
  const head = new Uint8Array(Math.min(HEAD_BYTES, file.size))
  let filled = 0
  for await (const chunk of file.stream()) {
    const part = chunk.subarray(0, head.length - filled)
    head.set(part, filled)
    filled += part.length
    if (filled === head.length) break
  }
  return extensionOf(head.subarray(0, filled), file.type, activeContent)
}

/** The media type of a stored file, by its extension. */
export function mediaTypeOf(extension: string): string {
  return TYPES.get(ownName(extension)) ?? OCTETS
}

/** Whether nothing runs when a file with this extension is opened where it was saved. */
export function isPassive(extension: string): boolean {
  const known = ownName(extension)
  return Object.hasOwn(INERT, known) || Object.hasOwn(PASSIVE, known)
}

/** Whether files of this type may be shown inline: raster images, audio, video. */
export function isInert(type: string): boolean {
  const extension = EXTENSIONS.get(bareType(type))
  return extension !== undefined && Object.hasOwn(INERT, extension)
}

/**
 * The type that a file of this type may be served as: of inert ones the one that our own files have,
 * without parameters; of all others a type of which browsers make nothing.
 */
export function servedTypeOf(type: string): string {
  return isInert(type) ? mediaTypeOf(EXTENSIONS.get(bareType(type)) as string) : OCTETS
}

/** The usual extension of a type; `bin` where there is none, or where something would run. */
export function passiveExtensionOf(type: string): string {
  const extension = EXTENSIONS.get(bareType(type))
  return extension !== undefined && isPassive(extension) ? extension : UNKNOWN
}

function ownName(extension: string): string {
  const lower = extension.toLowerCase()
  return Object.hasOwn(ALIASES, lower) ? (ALIASES[lower] as string) : lower
}

function bareType(type: string): string {
  return (type.split(';', 1)[0] ?? '').trim().toLowerCase()
}

async function recognise(head: Uint8Array): Promise<{ ext: string; mime: string } | undefined> {
  if (head.length === 0) return undefined
  // Loaded with the first file: it is large, and many datasets have none.
  const { fileTypeFromBuffer } = await import('file-type')
  // It may throw on bytes that only begin like a type it knows.
  return fileTypeFromBuffer(head).catch(() => undefined)
}

function settle(found: { ext: string; mime: string }, claimed: string | undefined): string {
  if (claimed !== undefined && REFINED[found.ext]?.includes(claimed) === true) return claimed
  return TYPES.has(found.ext) ? found.ext : (EXTENSIONS.get(bareType(found.mime)) ?? found.ext)
}
