import { appendText, readRange, unless } from './disk.ts'
import type { FileSystem } from './file-system.ts'

/** The file of a dataset's working folder that says how large each of its stored files is. */
const SIZES_NAME = 'sizes'

/** A stored file, by the path in its cell, and its length in bytes. */
export type StoredSize = readonly [path: string, size: number]

const LINE = /^(\d{1,15}),([^\0]+)$/
const MAX_LINE = 1024

/**
 * Notes the sizes of files whose rows come next; done under the dataset's lock. The notes are not
 * synced: they serve those who look for damage, and nobody depends on them.
 */
export async function noteSizes(
  fs: FileSystem,
  folder: string,
  sizes: readonly StoredSize[],
): Promise<void> {
  const lines = sizes.map(([path, size]) => `${size},${path}\n`)
  // The line break in front ends what a killed writer may have left unfinished.
  await appendText(fs, `${folder}/${SIZES_NAME}`, `\n${lines.join('')}`)
}

/**
 * The sizes that were noted, in the order of their notes: of several for one path the last counts.
 * Nothing where none were, and what is no note is passed over.
 * @param folder the dataset's `.flagging`
 */
export async function* readSizes(
  fs: FileSystem,
  folder: string,
): AsyncGenerator<StoredSize, void, undefined> {
  const file = await unless('ENOENT ENOTDIR', fs.open(`${folder}/${SIZES_NAME}`, 'read'))
  if (file === undefined) return
  try {
    const decoder = new TextDecoder()
    let rest = ''
    for await (const chunk of readRange(file, 0, (await file.stat()).size)) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      // What has no end by then is no note of ours.
      rest = (lines.pop() ?? '').slice(0, MAX_LINE)
      for (const line of lines) {
        const [, size, path] = LINE.exec(line) ?? []
        if (path !== undefined) yield [path, Number(size)]
      }
    }
  } finally {
    await file.close()
  }
}
