const isLong = process.env['FLAGGING_CAMPAIGN'] !== undefined

/** How much a test does: `short` in `npm test`, `long` in `npm run process-campaign`. */
export function times<T>(short: T, long: T): T {
  return isLong ? long : short
}

/** Milliseconds that a test may take; nothing else is judged by the clock. */
export const TIMEOUT: number = times(120_000, 1_800_000)

const seed = Number(process.env['FLAGGING_SEED'] ?? Date.now() % 1_000_000)

/** Numbers from 0 to 1 that come out the same for the same text. */
export function randomOf(text: string): () => number {
  let state = 0x811c9dc5
  for (let at = 0; at < text.length; at++) {
    state = Math.imul(state ^ text.charCodeAt(at), 0x01000193)
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** As {@link randomOf}, and with `FLAGGING_SEED` the same in every run. */
export function seeded(text: string): () => number {
  return randomOf(`${seed} ${text}`)
}

/** Prints what a long test counted. */
export function print(what: string, figures: Readonly<Record<string, number | string>>): void {
  if (!isLong) return
  const list = Object.entries(figures).map(([name, figure]) => `${figure} ${name}`)
  process.stdout.write(`${what}: ${list.join(', ')} (seed ${seed})\n`)
}
