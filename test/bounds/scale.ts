const isSoak = process.env['FLAGGING_SOAK'] !== undefined

/** How much a test does: `short` in `npm test`, `long` in `npm run soak`. */
export function times<T>(short: T, long: T): T {
  return isSoak ? long : short
}

/** Milliseconds that a test may take; nothing else is judged by the clock. */
export const TIMEOUT: number = times(120_000, 1_800_000)

/** Whether what depends on how busy the machine is may be judged as well. */
export const JUDGES_CPU: boolean = isSoak

/** Bytes. */
export const KIB = 1024
/** Bytes. */
export const MIB: number = 1024 * KIB
