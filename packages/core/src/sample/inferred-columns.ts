import { createHash } from 'node:crypto'
import type { Component } from '../components.ts'
import { type FlaggedFile, type JSONValue, isFlaggedFile, isFlaggedFileList } from './flag-value.ts'
import { objectSlot } from './body.ts'
import { EMPTY, type Slot } from './slot.ts'

/** A value that was found in an interaction, and where. */
export interface Found {
  readonly role: 'input' | 'output'
  /** `whole`: a body without fields. */
  readonly place: 'param' | 'query' | 'body' | 'whole'
  /** The field's name; for a whole body the label that it wishes for. */
  readonly name: string
  readonly slot: Slot
}

/** The values of one interaction, laid out over columns. */
export interface Layout {
  readonly columns: InferredColumns
  readonly slots: readonly Slot[]
}

const LONGEST_LABEL = 200
const OVERFLOW_LABEL = 'other'

/**
 * The columns of an endpoint whose components are not declared: what has been seen so far, in the
 * order it was seen, inputs before outputs. Never changes; `layOut` gives a wider one where needed.
 */
export class InferredColumns {
  readonly components: readonly Component[]
  readonly #limit: number
  readonly #reserved: readonly string[]
  /** Position in `components` by place and name. */
  readonly #positions = new Map<string, number>()

  /**
   * @param limit columns at most; beyond it fields share one JSON column
   * @param reserved names of the log's own columns, which keep them
   */
  constructor(components: readonly Component[], limit: number, reserved: readonly string[]) {
    this.components = components
    this.#limit = limit
    this.#reserved = reserved
    components.forEach((component, index) => this.#positions.set(keyOf(component), index))
  }

  /** The found values in the order of the columns, which widen to take them. */
  layOut(found: readonly Found[]): Layout {
    const columns = this.#widened(found)
    const slots: Slot[] = columns.components.map(() => EMPTY)
    const overflow = new Map<string, Slot>()
    for (const one of found) {
      const at = columns.#positions.get(foundKey(one))
      if (at === undefined)
        overflow.set(
          freeName(one.name, (name) => overflow.has(name)),
          one.slot,
        )
      else slots[at] = one.slot
    }
    const at = columns.#positions.get('other')
    if (overflow.size > 0 && at !== undefined) slots[at] = objectSlot(described(overflow))
    return { columns, slots }
  }

  #widened(found: readonly Found[]): InferredColumns {
    const fresh = found.filter((one) => !this.#positions.has(foundKey(one)))
    if (fresh.length === 0) return this
    const hasOverflow = this.#positions.has('other')
    const room = hasOverflow ? 0 : this.#limit - this.components.length
    const added = fresh.length <= room ? fresh : fresh.slice(0, Math.max(0, room - 1))
    const taken = new Set(this.components.map((component) => component.label))
    const isTaken = (label: string) => taken.has(label) || this.#reserved.includes(label)
    const made = added.map((one): Component => {
      const label = freeName(shortened(one.name), isTaken)
      taken.add(label)
      return { label, type: 'any', role: one.role, ...sourceOf(one) }
    })
    if (!hasOverflow && fresh.length > room) {
      const label = freeName(OVERFLOW_LABEL, isTaken)
      made.push({ label, type: 'json', role: 'input' })
    }
    if (made.length === 0) return this
    const all = [...this.components, ...made]
    const ordered = [
      ...all.filter((component) => component.role !== 'output'),
      ...all.filter((component) => component.role === 'output'),
    ]
    return new InferredColumns(ordered, this.#limit, this.#reserved)
  }
}

function sourceOf({ role, place, name }: Found): Pick<Component, 'from'> {
  if (place === 'whole') return {}
  if (role === 'output') return { from: name }
  return { from: { [place]: name } as unknown as { body: string } }
}

function foundKey({ role, place, name }: Found): string {
  return place === 'whole' ? `${role}:whole` : `${role}:${place}:${name}`
}

/** The key of a column that an earlier interaction, maybe of an earlier process, has made. */
function keyOf({ type, role, from }: Component): string {
  if (type === 'json') return 'other'
  if (typeof from === 'string') return `${role}:body:${from}`
  const [place, name] = Object.entries(from ?? {})[0] ?? ['whole', '']
  return place === 'whole' ? `${role}:whole` : `${role}:${place}:${String(name)}`
}

function freeName(name: string, isTaken: (name: string) => boolean): string {
  const base = name === '' ? '_' : name
  let free = base
  for (let count = 2; isTaken(free); count++) free = `${base} ${count}`
  return free
}

function shortened(name: string): string {
  if (name.length <= LONGEST_LABEL) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16)
  return `${name.slice(0, LONGEST_LABEL - 17).replace(/[\uD800-\uDBFF]$/, '')}~${hash}`
}

/** The overflow column holds JSON: of files it says what they were. */
function described(overflow: ReadonlyMap<string, Slot>): ReadonlyMap<string, Slot> {
  const slots = [...overflow].map(([name, slot]): [string, Slot] => {
    if (slot.json !== undefined) return [name, slot]
    const { value } = slot
    if (isFlaggedFile(value)) return [name, { value: description(value) }]
    return [name, isFlaggedFileList(value) ? { value: value.map(description) } : slot]
  })
  return new Map(slots)
}

function description({ name, type, size }: FlaggedFile): JSONValue {
  return { name: name ?? null, type, size }
}
