import type { Segment } from './segment.ts'

/** The segments of this process, oldest first. */
export class SegmentList {
  #segments: readonly Segment[] = []
  readonly #waiting = new Set<{ readonly for: Set<Segment>; readonly resolve: () => void }>()

  get all(): readonly Segment[] {
    return this.#segments
  }

  /** How many samples wait to be sent. */
  get waiting(): number {
    return this.#segments.reduce((sum, { waiting }) => sum + waiting, 0)
  }

  add(segment: Segment): void {
    const at = this.#segments.findIndex(({ name }) => name > segment.name)
    this.#segments = this.#segments.toSpliced(at === -1 ? this.#segments.length : at, 0, segment)
  }

  remove(segment: Segment): void {
    this.#segments = this.#segments.filter((one) => one !== segment)
    for (const waiter of this.#waiting) {
      waiter.for.delete(segment)
      if (waiter.for.size > 0) continue
      this.#waiting.delete(waiter)
      waiter.resolve()
    }
  }

  /** Resolves when none is left of those that are there now. */
  emptied(): Promise<void> {
    if (this.#segments.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.add({ for: new Set(this.#segments), resolve }))
  }
}
