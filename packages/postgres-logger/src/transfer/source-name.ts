import { randomUUID } from 'node:crypto'
import { FlaggingError } from '@flagging/core'
import {
  type FileSystem,
  bytesOf,
  errnoOf,
  pathSource,
  randomName,
  unless,
  writeAll,
} from '@flagging/core/store'

const FOLDER = '.flagging'
const NAME = 'source'
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\n$/
const NO_NAME = /[\0-\x1f\x7f]/
const LONGEST = 200
const READ_ONLY = new Set(['EACCES', 'EPERM', 'EROFS'])

/**
 * What a directory is called in databases, so that a row of it is known again: a UUID in
 * `.flagging/source`, which is made where there is none.
 * @param given the name to use instead; then nothing is written
 * @throws FlaggingError `ERR_FLAGGING_OPTION` with what to do
 */
export async function sourceName(
  fs: FileSystem,
  dir: string,
  given: string | undefined,
): Promise<string> {
  if (given !== undefined) return checked(given)
  const folder = `${dir}/${FOLDER}`
  try {
    const known = await readName(fs, `${folder}/${NAME}`)
    if (known !== undefined) return known
    await unless('EEXIST', fs.mkdir(folder))
    return await makeName(fs, folder)
  } catch (cause) {
    if (!READ_ONLY.has(errnoOf(cause) ?? '')) throw cause
    const message =
      `${folder} cannot be written, so the directory has no name in the database: run this as a user ` +
      'who may, or say --source NAME, and the same name each time'
    throw new FlaggingError('ERR_FLAGGING_OPTION', message, { cause })
  }
}

function checked(given: string): string {
  if (given !== '' && given.length <= LONGEST && !NO_NAME.test(given)) return given
  throw new FlaggingError(
    'ERR_FLAGGING_OPTION',
    `--source takes a name of 1 to ${LONGEST} characters`,
  )
}

async function readName(fs: FileSystem, path: string): Promise<string | undefined> {
  const stat = await unless('ENOENT', fs.lstat(path))
  if (stat === undefined) return undefined
  const isSmall = stat.kind === 'file' && stat.size <= LONGEST
  const bytes = isSmall ? await bytesOf(pathSource(fs, path, stat.size)) : new Uint8Array()
  const text = Buffer.from(bytes).toString()
  if (UUID.test(text)) return text.trimEnd()
  throw new FlaggingError('ERR_FLAGGING_OPTION', `${path} holds no name: delete it`)
}

/** Of two who make one at once, one's counts. */
async function makeName(fs: FileSystem, folder: string): Promise<string> {
  const name = randomUUID()
  const staged = `${folder}/${randomName()}.tmp`
  const file = await fs.open(staged, 'create')
  try {
    await writeAll(file, Buffer.from(`${name}\n`), 0)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    const made = await unless('EEXIST', linked(fs, staged, `${folder}/${NAME}`))
    if (made !== true) return (await readName(fs, `${folder}/${NAME}`)) ?? name
  } finally {
    await unless('ENOENT', fs.unlink(staged))
  }
  await fs.syncDirectory(folder)
  return name
}

async function linked(fs: FileSystem, from: string, to: string): Promise<true> {
  try {
    await fs.link(from, to)
  } catch (error) {
    // Not every file system has hard links; then two at once may make two names.
    if (errnoOf(error) === 'EEXIST') throw error
    await fs.rename(from, to)
  }
  return true
}
