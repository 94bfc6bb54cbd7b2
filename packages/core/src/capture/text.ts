import { TextDecoder } from 'node:util'

/**
 * The text that bytes spell; `undefined` if they are not valid in their charset.
 * @param charset as declared; UTF-8 without one, or with one that is not known
 * @param cut whether the bytes may end within a character, which is then left out
 */
export function decodeText(
  bytes: Uint8Array,
  charset: string | undefined,
  cut: boolean,
): string | undefined {
  try {
    const decoder = decoderOf(charset ?? 'utf-8')
    // A decoder of streams makes two bytes of each character, and takes its time.
    if (decoder.encoding === 'utf-8') return decoder.decode(cut ? wholeCharacters(bytes) : bytes)
    return decoder.decode(bytes, { stream: cut })
  } catch {
    return undefined
  }
}

/** UTF-8 without the beginning of a character at its end. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  const tail = bytes.subarray(-3)
  const from = tail.findLastIndex((byte) => (byte & 0xc0) !== 0x80)
  const first = tail[from] ?? 0
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
  return from + length > tail.length ? bytes.subarray(0, bytes.length - tail.length + from) : bytes
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset, { fatal: true })
  } catch {
    return new TextDecoder('utf-8', { fatal: true })
  }
}

/** Joins very many short strings without keeping them all apart until the end. */
export class TextJoiner {
  #parts: string[] = []
  readonly #joined: string[] = []

  add(text: string): void {
    this.#parts.push(text)
    if (this.#parts.length === MANY) this.#flush()
  }

  /** All that was added, in order. */
  text(): string {
    this.#flush()
    return this.#joined.join('')
  }

  #flush(): void {
    this.#joined.push(this.#parts.join(''))
    this.#parts = []
  }
}

const MANY = 4096
