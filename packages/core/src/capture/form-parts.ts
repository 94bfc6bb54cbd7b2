import type { BodyBytes } from './body-bytes.ts'
import { parseDisposition } from './content-disposition.ts'
import type { Datum, DecodeLimits, FilePart } from './decoded.ts'
import { type MediaType, parseMediaType } from './media-type.ts'
import type { PartSpan } from './multipart-scan.ts'
import { OCTETS } from './raw-body.ts'
import { REDACTED } from './redact-rules.ts'
import type { Redactor } from './redactor.ts'
import { decodeText } from './text.ts'

/**
 * Collects the parts of a multipart form by name. A part is a file if it has a file name, or if its
 * bytes are no text.
 */
export class FormParts {
  /** Whether a limit left something out. */
  truncated = false
  readonly #body: BodyBytes
  readonly #limits: DecodeLimits
  readonly #redactor: Redactor
  readonly #texts = new Map<string, string[]>()
  readonly #files = new Map<string, FilePart[]>()
  /** Names in the order of their first part, each once for its texts and once for its files. */
  readonly #order: { readonly name: string; readonly isFile: boolean }[] = []
  #textCount = 0
  #fileCount = 0

  constructor(body: BodyBytes, limits: DecodeLimits, redactor: Redactor) {
    this.#body = body
    this.#limits = limits
    this.#redactor = redactor
  }

  add(headers: Readonly<Record<string, string>>, { from, to }: PartSpan): void {
    const { name, filename } = parseDisposition(headers['content-disposition'])
    const media = parseMediaType(headers['content-type'])
    if (this.#redactor.hidesField(name)) {
      this.#addText(name, REDACTED)
      return
    }
    const coded = headers['content-transfer-encoding']?.toLowerCase() === 'base64'
    const file = { name: filename, type: media?.essence ?? OCTETS }
    if (filename !== undefined && !coded) {
      this.#addFile(name, { ...file, offset: from, size: to - from })
      return
    }
    const sent = coded ? this.#base64(from, to) : this.#body.subarray(from, to)
    const text = filename === undefined ? this.#textOf(name, sent, media) : undefined
    if (text !== undefined) {
      this.#addText(name, text)
      return
    }
    // A field that is no text in its charset; a file is the client's own, whatever it holds.
    const content = filename === undefined ? this.#redacted(name, sent, media) : sent
    const isOwn = coded || content !== sent
    this.#addFile(name, {
      ...file,
      size: content.length,
      ...(isOwn ? { offset: 0, bytes: content } : { offset: from }),
    })
  }

  /** The fields in order. Where a name has both files and texts, the texts are named `name 2`. */
  entries(): readonly (readonly [name: string, datum: Datum])[] {
    const taken = new Set([...this.#texts.keys(), ...this.#files.keys()])
    return this.#order.map(({ name, isFile }) => {
      if (isFile) return [name, fileDatum(this.#files.get(name) ?? [])]
      const texts = this.#texts.get(name) ?? []
      const datum = { value: texts.length === 1 ? (texts[0] as string) : texts }
      return [this.#files.has(name) ? freeName(name, taken) : name, datum]
    })
  }

  #textOf(name: string, content: Buffer, media: MediaType | undefined): string | undefined {
    const text = decodeText(content, media?.charset, false)
    return text === undefined ? undefined : this.#safe(name, text, media)
  }

  /** In Latin-1 each byte is a character, and comes back as the same byte. */
  #redacted(name: string, content: Buffer, media: MediaType | undefined): Buffer {
    const text = content.toString('latin1')
    const safe = this.#safe(name, text, media)
    return safe === text ? content : Buffer.from(safe, 'latin1')
  }

  #safe(name: string, text: string, media: MediaType | undefined): string {
    const isJSON = media?.kind === 'json'
    return isJSON ? this.#redactor.broken(text, name) : this.#redactor.text(text, name)
  }

  #base64(from: number, to: number): Buffer {
    return Buffer.from(this.#body.subarray(from, to).toString('latin1'), 'base64')
  }

  #addText(name: string, text: string): void {
    if (this.#textCount === this.#limits.fields) {
      this.truncated = true
      return
    }
    this.#textCount++
    if (append(this.#texts, name, text)) this.#order.push({ name, isFile: false })
  }

  #addFile(name: string, { bytes, ...file }: FilePart): void {
    const size = Math.min(file.size, this.#limits.fileBytes)
    if (size < file.size) this.truncated = true
    if (this.#fileCount === this.#limits.files) {
      this.truncated = true
      return
    }
    this.#fileCount++
    const kept = { ...file, size, ...(bytes && { bytes: new Uint8Array(bytes.subarray(0, size)) }) }
    if (append(this.#files, name, kept)) this.#order.push({ name, isFile: true })
  }
}

/** Whether the name is new. */
function append<Value>(lists: Map<string, Value[]>, name: string, value: Value): boolean {
  const list = lists.get(name)
  if (list) list.push(value)
  else lists.set(name, [value])
  return list === undefined
}

function fileDatum(files: readonly FilePart[]): Datum {
  return files.length === 1 ? { file: files[0] as FilePart } : { files }
}

/** A name with a number that nobody has taken yet, which is then taken, too. */
export function freeName(name: string, taken: Set<string>): string {
  let count = 2
  while (taken.has(`${name} ${count}`)) count++
  taken.add(`${name} ${count}`)
  return `${name} ${count}`
}
