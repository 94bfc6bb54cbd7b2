import type { FlaggedFile, FlagValue } from '@flagging/core'

/** The files that a value is made of; none where it is JSON. */
export function filesOf(value: FlagValue): FlaggedFile[] {
  return [value].flat().filter(isFile)
}

function isFile(value: unknown): value is FlaggedFile {
  return typeof value === 'object' && value !== null && 'saveTo' in value
}
