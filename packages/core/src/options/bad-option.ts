import leven from 'leven'
import { FlaggingError } from '../errors.ts'

/** An `ERR_FLAGGING_OPTION`. */
export function badOption(message: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_OPTION', message)
}

/**
 * Checks that an object has known names only.
 * @param what what the names are names of, for the message
 * @throws FlaggingError `ERR_FLAGGING_OPTION` with the nearest known name
 */
export function checkNames(given: object, names: readonly string[], what: string): void {
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue
    throw badOption(`Unknown ${what} '${name}'. Did you mean '${nearest(name, names)}'?`)
  }
}

/** Gradio's names (`flagging_mode`, `flaggingDir` ...) come nearest to ours once their prefix is off. */
function nearest(name: string, names: readonly string[]): string {
  const bare = name
    .replaceAll(/[-_]/g, '')
    .toLowerCase()
    .replace(/^(allow)?flagging/, '')
  const distance = (candidate: string) => leven(bare, candidate.toLowerCase())
  return [...names].sort((a, b) => distance(a) - distance(b))[0] as string
}
