import { createHash } from 'node:crypto'
import {
  type DirectoryInode,
  DiskImage,
  type FileInode,
  type Mutation,
  type NameChange,
  ROOT,
  applyChange,
  applyNames,
} from './disk-image.ts'

const PAGE = 4096
const FEW_NAMES = 3

/** How closely the states that a loss of power could leave are looked at. */
export interface Effort {
  /** A write of at most so many bytes is torn at each of them. */
  readonly everyByte: number
  /** Where a longer one is torn: so many places by chance, beside the borders of pages. */
  readonly tears: number
  /** So many mixes of old, new and zero pages, beside those with a single hole. */
  readonly pages: number
  /** So many states by chance for each change. */
  readonly mixes: number
}

/** Numbers from 0 to 1 that are the same in each run. */
export type Random = () => number

/** A generator of its own for each seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Names = readonly (readonly NameChange[])[]

/** What a cut leaves of all that is pending: the bytes of files, and which changes of names. */
interface Choice {
  readonly bytes: ReadonlyMap<number, Buffer>
  readonly names: ReadonlySet<readonly NameChange[]>
}

/** One thing that has something pending, and what a cut may leave of it, nothing and all of it first. */
interface Unit {
  readonly options: readonly Choice[]
  readonly isTouched: boolean
}

/** A disk after a cut, and after how many changes the power was cut. */
export interface CrashState {
  readonly at: number
  readonly image: DiskImage
  readonly digest: string
}

/**
 * The states that a loss of power could leave after each of the changes, and before the first; or
 * a share of them, by chance.
 */
export function* crashStates(
  base: DiskImage,
  mutations: readonly Mutation[],
  effort: Effort,
  random: Random,
  share = 1,
): Generator<CrashState> {
  const image = base.clone()
  for (let at = 0; at <= mutations.length; at++) {
    const mutation = mutations[at - 1]
    if (mutation !== undefined) image.apply(mutation)
    const units = unitsOf(image, touchedBy(mutation), effort, random)
    for (const choice of choices(units, effort, random)) {
      if (share < 1 && random() > share) continue
      const state = cut(image, choice)
      yield { at, image: state, digest: digestOf(state) }
    }
  }
}

function touchedBy(mutation: Mutation | undefined): ReadonlySet<number> {
  if (mutation === undefined) return new Set()
  if (mutation.kind === 'names') return new Set(mutation.changes.map(({ directory }) => directory))
  return new Set([mutation.ino])
}

function unitsOf(
  image: DiskImage,
  touched: ReadonlySet<number>,
  effort: Effort,
  random: Random,
): Unit[] {
  const units: Unit[] = []
  for (const inode of image.inodes.values()) {
    if (inode.pending.length === 0) continue
    const isTouched = touched.has(inode.ino)
    const options =
      inode.type === 'file'
        ? contents(inode, isTouched, effort, random).map((bytes) => ({
            bytes: new Map([[inode.ino, bytes]]),
            names: new Set<readonly NameChange[]>(),
          }))
        : nameSets(inode, random).map((names) => ({ bytes: new Map(), names: new Set(names) }))
    units.push({ options, isTouched })
  }
  return units
}

/** Everything lost, everything kept, each change of each thing in both surroundings, and mixes. */
function* choices(units: readonly Unit[], effort: Effort, random: Random): Generator<Choice> {
  yield join(units.map(({ options }) => options[0]))
  yield join(units.map(({ options }) => options[1]))
  for (const unit of units) {
    if (!unit.isTouched) continue
    for (const option of unit.options) {
      for (const rest of [0, 1]) {
        yield join(units.map((other) => (other === unit ? option : other.options[rest])))
      }
    }
  }
  for (let mix = 0; mix < effort.mixes && units.length > 0; mix++) {
    yield join(units.map(({ options }) => options[Math.floor(random() * options.length)]))
  }
}

function join(parts: readonly (Choice | undefined)[]): Choice {
  const known = parts.filter((part) => part !== undefined)
  return {
    bytes: new Map(known.flatMap(({ bytes }) => [...bytes])),
    names: new Set(known.flatMap(({ names }) => [...names])),
  }
}

/** What may be left of a file's bytes. */
function contents(file: FileInode, isTouched: boolean, effort: Effort, random: Random): Buffer[] {
  const versions = [file.durable]
  for (const change of file.pending)
    versions.push(applyChange(versions.at(-1) ?? file.durable, change))
  const [old, now] = [file.durable, versions.at(-1) ?? file.durable]
  const found = [old, now, ...versions.slice(1, -1)]
  if (!isTouched) return [...found, ...mixedPages(versions, 1, random)]
  const last = file.pending.at(-1)
  const before = versions.at(-2) ?? old
  if (last !== undefined && 'bytes' in last) {
    for (const length of tears(last.at, last.bytes.length, effort, random)) {
      const bytes = last.bytes.subarray(0, length)
      found.push(applyChange(before, { at: last.at, bytes }))
      // The size arrives first, then so much of the data.
      found.push(applyChange(applyChange(before, { at: last.at, bytes }), { size: now.length }))
    }
    found.push(applyChange(before, { size: Math.max(before.length, now.length) }))
    found.push(...singleHoles(now, last.at, old))
  }
  return [...found, ...mixedPages(versions, effort.pages, random)]
}

/** Where a write of some length is torn. */
function tears(at: number, length: number, effort: Effort, random: Random): Set<number> {
  if (length <= effort.everyByte) return new Set(Array.from({ length }, (_, index) => index))
  const places = new Set([1, length - 1])
  for (let border = PAGE - (at % PAGE); border < length; border += PAGE) {
    if (places.size > effort.tears * 3) break
    for (const place of [border - 1, border, border + 1]) if (place < length) places.add(place)
  }
  for (let count = 0; count < effort.tears; count++) places.add(Math.floor(random() * length))
  return places
}

/** Each page of a write missing on its own, and each missing with what is before it. */
function singleHoles(bytes: Buffer, from: number, old: Buffer): Buffer[] {
  const holes: Buffer[] = []
  const first = Math.floor(from / PAGE) * PAGE
  for (let page = first; page < bytes.length && holes.length < 16; page += PAGE) {
    for (const start of [Math.max(page, from), from]) {
      const end = Math.min(page + PAGE, bytes.length)
      const holed = Buffer.from(bytes)
      holed.fill(0, start, end)
      // What was there before is not lost.
      if (start < old.length) old.copy(holed, start, start, end)
      holes.push(holed)
    }
  }
  return holes
}

/** The size of one moment, and each page from one moment or another, or zero beyond the old end. */
function mixedPages(versions: readonly Buffer[], count: number, random: Random): Buffer[] {
  const pick = (): Buffer => versions[Math.floor(random() * versions.length)] ?? Buffer.alloc(0)
  return Array.from({ length: count }, () => {
    const size = (random() < 0.5 ? versions.at(-1) : pick())?.length ?? 0
    const mixed = Buffer.alloc(size)
    for (let page = 0; page < size; page += PAGE) {
      const from = pick()
      if (page < from.length) from.copy(mixed, page, page, page + PAGE)
    }
    return mixed
  })
}

/** Which changes of names may be left: none, all, each alone, the first ones, or any of a few. */
function nameSets({ pending }: DirectoryInode, random: Random): Names[] {
  const sets: Names[] = [[], pending]
  if (pending.length <= FEW_NAMES) {
    for (let bits = 1; bits < 2 ** pending.length - 1; bits++) {
      sets.push(pending.filter((_, index) => (bits >> index) % 2 === 1))
    }
    return sets
  }
  const chance = pending.filter(() => random() < 0.5)
  const isLast = (change: readonly NameChange[]): boolean => change === pending.at(-1)
  sets.push(pending.filter(isLast), pending.slice(0, -1), chance)
  sets.push(pending.slice(0, Math.floor(random() * pending.length)))
  return sets
}

/** The disk as it is after a cut: all that is there is durable. */
function cut(image: DiskImage, { bytes, names }: Choice): DiskImage {
  const after = new DiskImage(image.now)
  const take = (ino: number): void => {
    const inode = image.inode(ino)
    if (inode.type === 'file') {
      const content = bytes.get(ino) ?? inode.durable
      after.inodes.set(ino, { ...inode, bytes: content, durable: content, pending: [] })
      return
    }
    const found = new Map(inode.durable)
    for (const group of inode.pending) if (names.has(group)) applyNames(found, group, ino)
    after.inodes.set(ino, { ...inode, names: found, durable: new Map(found), pending: [] })
    for (const child of found.values()) take(child)
  }
  take(ROOT)
  return after
}

const hashes = new WeakMap<Buffer, string>()

function digestOf(image: DiskImage): string {
  const hash = createHash('sha1')
  for (const inode of [...image.inodes.values()].toSorted((a, b) => a.ino - b.ino)) {
    hash.update(`\n${inode.ino} `)
    if (inode.type === 'file') hash.update(hashOf(inode.durable))
    else hash.update(JSON.stringify([...inode.durable]))
  }
  return hash.digest('hex')
}

function hashOf(bytes: Buffer): string {
  let hash = hashes.get(bytes)
  if (hash === undefined) {
    hash = createHash('sha1').update(bytes).digest('hex')
    hashes.set(bytes, hash)
  }
  return hash
}
