import type { BodyBytes } from './body-bytes.ts'

/** What is made text at a time. */
const LOADED = 64 * 1024
/** What is looked at first: what is searched is mostly near. */
const FIRST_LOOK = 512

/** Where a pattern matches. */
export interface TextMatch {
  readonly from: number
  readonly to: number
}

/**
 * A body in Latin-1, in which each byte is a character. Only what is around the last look is in
 * memory.
 */
export class BodyText {
  readonly #body: BodyBytes
  #start = 0
  #text = ''

  constructor(body: BodyBytes) {
    this.#body = body
  }

  slice(from: number, to: number): string {
    const end = Math.min(to, this.#body.length)
    if (from < this.#start || end > this.#start + this.#text.length) {
      this.#text = this.#body.subarray(from, Math.max(end, from + LOADED)).toString('latin1')
      this.#start = from
    }
    return this.#text.slice(from - this.#start, end - this.#start)
  }

  /**
   * Where a pattern matches first, at or behind a place.
   * @param pattern not global; its match ends where a look does, or before
   * @param deciding characters at its beginning that tell a match from what is none
   */
  search(pattern: RegExp, deciding: number, start: number): TextMatch | undefined {
    let size = FIRST_LOOK
    for (let at = start; at < this.#body.length;) {
      const match = pattern.exec(this.slice(at, at + size))
      if (match) {
        const from = at + match.index
        return { from, to: from + match[0].length }
      }
      // What tells a match may lie across the end of a look.
      at += size - deciding + 1
      size = Math.min(2 * size, LOADED)
    }
    return undefined
  }
}
