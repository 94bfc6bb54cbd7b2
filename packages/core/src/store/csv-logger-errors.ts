import { FlaggingError } from '../errors.ts'
import type { Component } from '../components.ts'
import type { FlagValue } from '../sample/flag-value.ts'
import { errnoOf } from './disk.ts'

/** What a `dir` is refused with that is no directory. */
export function noDirectory(cause?: unknown): FlaggingError {
  const why = errnoOf(cause) ?? 'it is something else'
  const message = `\`dir\` is no directory that can be used (${why}): name another one`
  return new FlaggingError('ERR_FLAGGING_OPTION', message, cause === undefined ? {} : { cause })
}

/** What is said where files cannot be locked on this platform. */
export function noLock(cause: Error): FlaggingError {
  return new FlaggingError(
    'ERR_FLAGGING_LOCK',
    'The package fs-native-extensions, which locks files, cannot be loaded here: install it for ' +
      'this platform, or use `new CSVLogger({ exclusive: true })` if this process is the only writer',
    { cause },
  )
}

/** What a flag is rejected with whose values are not those of its components. */
export function miscounted(
  flagData: readonly FlagValue[],
  components: readonly Component[],
): FlaggingError {
  const counts = `${flagData.length} values for ${components.length} components`
  return new FlaggingError('ERR_FLAGGING_BAD_REQUEST', `A sample has ${counts}`)
}

/** What a logger refuses everything with once it is closed. */
export function closed(): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_CLOSED', 'This CSVLogger is closed: make another one')
}

/** Throws what a flag before any `setup` is rejected with. */
export function neverSetUp(): never {
  throw new FlaggingError('ERR_FLAGGING_OPTION', 'Call `setup` before `flag`')
}
