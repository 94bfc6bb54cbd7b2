/** Microseconds since 1970: all that a `timestamptz` says. A `Date` says less. */
export type Micros = bigint

const FIRST = BigInt(Date.parse('0001-01-01T00:00Z')) * 1000n
const LAST = BigInt(Date.parse('9999-12-31T23:59:59.999Z')) * 1000n

/** A moment as SQL gives it, exactly. */
export function microsOf(column: string): string {
  return `(extract(epoch from ${column}) * 1000000)::bigint::text`
}

/** A moment as SQL takes it. */
export function timestampOf(at: Micros): string {
  const rest = ((at % 1000n) + 1000n) % 1000n
  const iso = new Date(Number((at - rest) / 1000n)).toISOString()
  return `${iso.slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}

/** Milliseconds since 1970 in microseconds. */
export function fromMillis(ms: number): Micros {
  return BigInt(ms) * 1000n
}

/** Whether a text is a moment that a sample may be of. */
export function isMicros(text: unknown): text is string {
  if (typeof text !== 'string' || !/^(?:0|-?[1-9]\d{0,18})$/.test(text)) return false
  const at = BigInt(text)
  return at >= FIRST && at <= LAST
}
