import { readRange } from './disk.ts'
import type { OpenFile } from './file-system.ts'
import type { Span } from './quarantine.ts'

/** What may be the name of a stored file, behind the `/` of its path. */
export const FILE_NAMES: RegExp = /\/(\d{1,15}(?:-\d{1,15})?\.[a-z0-9]{1,16})/g
/** The longest text that {@link FILE_NAMES} finds. */
export const MAX_FILE_NAME = 49

/** Which of these names of files stand somewhere in a part of a log, behind whatever folder. */
export async function mentionsIn(
  file: OpenFile,
  { start, end }: Span,
  names: ReadonlySet<string>,
): Promise<Set<string>> {
  const found = new Set<string>()
  let rest = ''
  for await (const chunk of readRange(file, start, end)) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    const text = rest + bytes.toString('latin1')
    for (const [, name = ''] of text.matchAll(FILE_NAMES)) if (names.has(name)) found.add(name)
    rest = text.slice(-MAX_FILE_NAME)
  }
  return found
}
