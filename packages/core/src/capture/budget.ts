/** What all recordings of one flagging may hold together. */
export class Budget {
  readonly #limit: { readonly memory: number; readonly spill: number; readonly spillFiles: number }
  memory = 0
  spill = 0
  spillFiles = 0
  /** Asked to free something when a cap is reached; false if there is nothing left to free. */
  relieve: () => boolean = () => false

  constructor(limit: { memory: number; spill: number; spillFiles: number }) {
    this.#limit = limit
  }

  /** Takes memory for recorded bytes, or answers false: then stop recording. */
  takeMemory(bytes: number): boolean {
    if (bytes > this.#limit.memory) return false
    while (this.memory + bytes > this.#limit.memory) if (!this.relieve()) return false
    this.memory += bytes
    return true
  }

  /** Takes room in spill files, or answers false. */
  takeSpill(bytes: number): boolean {
    if (bytes > this.#limit.spill) return false
    while (this.spill + bytes > this.#limit.spill) if (!this.relieve()) return false
    this.spill += bytes
    return true
  }

  /** Takes one descriptor for a spill file, or answers false. */
  takeSpillFile(): boolean {
    while (this.spillFiles >= this.#limit.spillFiles) if (!this.relieve()) return false
    this.spillFiles++
    return true
  }
}
