import type { RowKey } from './row-key.ts'

/** Rows that are remembered; each takes some 200 bytes. */
const MAX_ROWS = 50_000

/** A row that somebody flagged. */
interface Receipt {
  readonly key: RowKey
  readonly username: string | null
}

/** Where the samples stand that were flagged by hand, by interaction; the oldest are forgotten first. */
export class Receipts {
  readonly #max: number
  readonly #byPlace = new Map<string, Receipt[]>()
  #rows = 0

  /** @param max rows that are remembered */
  constructor(max: number = MAX_ROWS) {
    this.#max = max
  }

  /** Remembers a row. */
  add(dir: string, id: string, username: string | null, key: RowKey): void {
    const place = placeOf(dir, id)
    const known = this.#byPlace.get(place)
    if (known === undefined) this.#byPlace.set(place, [{ key, username }])
    else known.push({ key, username })
    this.#rows++
    while (this.#rows > this.#max) this.#forgetOldest()
  }

  /**
   * The rows of an interaction, of one user or all; `undefined` where none is remembered.
   * @param username `undefined`: of whomever
   */
  of(dir: string, id: string, username: string | null | undefined): RowKey[] | undefined {
    const receipts = this.#byPlace.get(placeOf(dir, id))
    return receipts
      ?.filter((receipt) => username === undefined || receipt.username === username)
      .map(({ key }) => key)
  }

  /**
   * Forgets rows that were deleted: of several of the same bytes, those that stood there.
   * @param id the interaction that they belong to, if that is known
   */
  forget(dir: string, keys: readonly RowKey[], id?: string): void {
    const wanted = new Map<string, RowKey[]>()
    for (const key of keys) wanted.set(hashOf(key), [...(wanted.get(hashOf(key)) ?? []), key])
    const places = id === undefined ? this.#byPlace.keys() : [placeOf(dir, id)]
    const ofDir = [...places].filter((place) => place.startsWith(`${dir}\0`))
    for (const isExact of [true, false]) {
      for (const place of ofDir) {
        if (wanted.size > 0) this.#strike(place, wanted, isExact)
      }
    }
  }

  #strike(place: string, wanted: Map<string, RowKey[]>, isExact: boolean): void {
    const receipts = this.#byPlace.get(place) ?? []
    const left = receipts.filter(({ key }) => {
      const keys = wanted.get(hashOf(key)) ?? []
      const at = isExact ? keys.findIndex(({ offset }) => offset === key.offset) : keys.length - 1
      if (at < 0) return true
      keys.splice(at, 1)
      if (keys.length === 0) wanted.delete(hashOf(key))
      return false
    })
    this.#rows -= receipts.length - left.length
    if (left.length > 0) this.#byPlace.set(place, left)
    else this.#byPlace.delete(place)
  }

  /** All of an interaction at once: what is left would be taken for all that there is. */
  #forgetOldest(): void {
    for (const [place, receipts] of this.#byPlace) {
      this.#byPlace.delete(place)
      this.#rows -= receipts.length
      return
    }
  }
}

function placeOf(dir: string, id: string): string {
  return `${dir}\0${id}`
}

function hashOf({ log, hash }: RowKey): string {
  return `${log} ${hash}`
}
