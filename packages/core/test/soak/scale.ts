/** How much a test does: `short` in `npm test`, `long` in `npm run soak`. */
export function times<T>(short: T, long: T): T {
  return process.env['FLAGGING_SOAK'] === undefined ? short : long
}

/** Milliseconds that a test may take; nothing is judged by the clock. */
export const TIMEOUT: number = times(120_000, 1_800_000)

/** Prints what was measured, in the long form. */
export function report(line: string): void {
  if (times(false, true)) process.stdout.write(`${line}\n`)
}
