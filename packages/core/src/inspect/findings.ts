import type { Note, NoteCode, Problem, ProblemCode } from './report.ts'

type Facts = Omit<Problem, 'code' | 'dataset' | 'message'>

/** What is found in one dataset: all of it is counted, and as much as was asked for is kept. */
export class Findings {
  readonly dataset: string
  readonly #limit: number
  readonly problems: Problem[] = []
  readonly notes: Note[] = []
  problemCount = 0
  noteCount = 0
  rows = 0
  files = 0
  bytes = 0
  unrecorded = 0
  inFlight = 0

  /** @param limit how many problems, and how many notes, are kept */
  constructor(dataset: string, limit: number) {
    this.dataset = dataset
    this.#limit = limit
  }

  /** Counts a problem. */
  problem(code: ProblemCode, message: string, facts: Facts = {}): void {
    this.problemCount++
    if (this.problems.length < this.#limit) {
      this.problems.push({ code, dataset: this.dataset, ...facts, message })
    }
  }

  /** Counts a note. */
  note(code: NoteCode, message: string, facts: Facts = {}): void {
    this.noteCount++
    if (this.notes.length < this.#limit) {
      this.notes.push({ code, dataset: this.dataset, ...facts, message })
    }
  }
}
