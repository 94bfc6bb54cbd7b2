import { FlaggingError } from '@flagging/core'

/** Throws what a flag before any `setup` is rejected with. */
export function neverSetUp(): never {
  throw new FlaggingError('ERR_FLAGGING_OPTION', 'Call `setup` before `flag`')
}

/** What a flag is rejected with whose values are not those of its components. */
export function miscounted(
  values: readonly unknown[],
  components: readonly unknown[],
): FlaggingError {
  const counts = `${values.length} values for ${components.length} components`
  return new FlaggingError('ERR_FLAGGING_BAD_REQUEST', `A sample has ${counts}`)
}

/** What a logger refuses everything with once it is closed. */
export function loggerClosed(): FlaggingError {
  const message = 'This PostgresLogger is closed: make another one'
  return new FlaggingError('ERR_FLAGGING_CLOSED', message)
}

/** Tells whoever wants to hear of a fault, or stderr. Whoever is told must not cause another one. */
export function report(error: unknown, onError: ((error: unknown) => void) | undefined): void {
  try {
    if (onError !== undefined) onError(error)
    else console.error(`[flagging] ${error instanceof Error ? error.message : String(error)}`)
  } catch {
    // It has been told.
  }
}
