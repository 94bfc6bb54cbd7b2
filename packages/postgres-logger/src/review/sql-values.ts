import { type Micros, timestampOf } from './micros.ts'

/** The values of a statement in the making, and where they stand in it. */
export class SQLValues {
  readonly all: unknown[] = []

  /** Takes a value in; gives what stands for it. */
  put(value: unknown, type: string): string {
    this.all.push(value)
    return `$${this.all.length}::${type}`
  }

  /** A moment, as a constant: by such, partitions are left out before anything is planned. */
  time(at: Micros): string {
    return this.put(timestampOf(at), 'timestamptz')
  }
}
