import type { FileStat } from '../store/file-system.ts'
import type { Findings } from './findings.ts'

const OTHERS = 0o077

/** Counts what other users of the machine may read or change. */
export class Modes {
  #count = 0
  #first: string | undefined

  /** Takes a look at one file or folder. */
  look(path: string, { mode }: FileStat): void {
    if (process.platform === 'win32' || mode === undefined || (mode & OTHERS) === 0) return
    this.#count++
    this.#first ??= path
  }

  /** Says what was seen, in one note. */
  tell(findings: Findings): void {
    if (this.#first === undefined) return
    const more = this.#count > 1 ? ` and ${this.#count - 1} more` : ''
    const can = this.#count > 1 ? 'are' : 'is'
    findings.note(
      'readable_by_others',
      `${this.#first}${more} ${can} open to other users: chmod -R go= takes that away`,
      { file: this.#first },
    )
  }
}
