import { performance } from 'node:perf_hooks'

const FIRST_MS = 300
const EVERY_MS = 100
const BAR = 30

/** A terminal, or whatever stands in its place. */
export interface Terminal {
  readonly isTTY?: boolean | undefined
  write(text: string): unknown
}

/** A bar that is drawn over itself; only on a terminal, and only for what takes its time. */
export class Progress {
  readonly #terminal: Terminal
  #drawnAt = performance.now() + FIRST_MS - EVERY_MS
  #isDrawn = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Draws how much is done, ten times a second at most. */
  update(done: number, total: number): void {
    if (this.#terminal.isTTY !== true || total === 0) return
    const now = performance.now()
    if (now - this.#drawnAt < EVERY_MS) return
    this.#drawnAt = now
    this.#isDrawn = true
    const share = Math.min(1, done / total)
    const bar = '#'.repeat(Math.round(share * BAR)).padEnd(BAR, '.')
    this.#terminal.write(`\r[${bar}] ${Math.floor(share * 100)} %`)
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#isDrawn) this.#terminal.write('\r\u001b[K')
    this.#isDrawn = false
  }
}
