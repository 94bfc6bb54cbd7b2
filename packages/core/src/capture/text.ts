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
    return decoderOf(charset ?? 'utf-8').decode(bytes, { stream: cut })
  } catch {
    return undefined
  }
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
