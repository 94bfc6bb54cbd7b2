import type { JSONValue } from '../sample/flag-value.ts'

/** A zero that stands alone: the only text in which `JSON.stringify` can have lost a minus. */
const LONE_ZERO = /(?:^|[[:,])0(?:[\],}]|$)/

/**
 * Compact JSON text of a value, as `JSON.stringify` gives it, except that `-0` stays `-0` and that no
 * depth of nesting throws. What JSON cannot say (`undefined`, functions) is `null` by itself.
 */
export function stringifyJSON(value: JSONValue): string {
  try {
    const text: string | undefined = JSON.stringify(value)
    if (text === undefined) return 'null'
    if (!LONE_ZERO.test(text) || !mayHoldMinusZero(value)) return text
  } catch (error) {
    // The engine's own writer is recursive.
    if (!(error instanceof RangeError)) throw error
  }
  return writeJSON(value)
}

/** Looks for `-0`, and for `toJSON`, behind which there may be one. */
function mayHoldMinusZero(root: unknown): boolean {
  const waiting = [root]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value !== 'object' || value === null) {
      if (Object.is(value, -0)) return true
      continue
    }
    if ('toJSON' in value) return true
    const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
    for (const member of members) {
      if (typeof member === 'number' || typeof member === 'object') waiting.push(member)
    }
  }
  return false
}

interface Frame {
  readonly holder: Readonly<Record<string, unknown>>
  /** The keys of an object; `undefined` for an array. */
  readonly keys: readonly string[] | undefined
  readonly length: number
  next: number
  empty: boolean
}

function writeJSON(root: unknown): string {
  const frames: Frame[] = []
  const ancestors = new Set<object>()
  let text = ''

  const put = (value: unknown, lead: string): void => {
    if (typeof value !== 'object' || value === null) {
      text += lead + (Object.is(value, -0) ? '-0' : (JSON.stringify(value) ?? 'null'))
      return
    }
    if (ancestors.has(value)) throw new TypeError('A value that contains itself has no JSON text')
    ancestors.add(value)
    const keys = Array.isArray(value) ? undefined : Object.keys(value)
    const { length } = keys ?? (value as readonly unknown[])
    text += lead + (keys === undefined ? '[' : '{')
    frames.push({ holder: value as Frame['holder'], keys, length, next: 0, empty: true })
  }

  put(plain(root, ''), '')
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    if (frame.next === frame.length) {
      text += frame.keys === undefined ? ']' : '}'
      ancestors.delete(frame.holder)
      frames.pop()
      continue
    }
    const index = frame.next++
    const key = frame.keys?.[index]
    const value = plain(frame.holder[key ?? index], key ?? String(index))
    if (key !== undefined && JSON_LESS.has(typeof value)) continue
    const comma = frame.empty ? '' : ','
    frame.empty = false
    put(value, key === undefined ? comma : `${comma}${JSON.stringify(key)}:`)
  }
  return text
}

const JSON_LESS: ReadonlySet<string> = new Set(['undefined', 'function', 'symbol'])

function plain(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { toJSON } = value as { toJSON?: unknown }
  const result: unknown = typeof toJSON === 'function' ? toJSON.call(value, key) : value
  const boxed = result instanceof Number || result instanceof String || result instanceof Boolean
  return boxed ? result.valueOf() : result
}
