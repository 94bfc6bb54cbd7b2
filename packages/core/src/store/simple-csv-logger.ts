import type { Component } from '../components.ts'
import {
  type FlaggedFile,
  type FlagValue,
  isFlaggedFile,
  isFlaggedFileList,
} from '../sample/flag-value.ts'
import { encodeCell, fileCell } from './cells.ts'
import { formatRecords } from './csv.ts'
import { appendText, makeDirectories, unless } from './disk.ts'
import { extensionOfFile } from './file-kind.ts'
import type { FlagDetails, FlaggingCallback } from './flagging-callback.ts'
import { labelFolders } from './label-folder.ts'
import { countRecords } from './log-scan.ts'
import { nodeFileSystem as fs } from './node-file-system.ts'

/**
 * The least that a callback does: the values of a sample become one row of `log.csv`, without header,
 * and files lie beside it. Made to be read; for one process, without the promises of `CSVLogger`.
 */
export class SimpleCSVLogger implements FlaggingCallback {
  #dataset: { components: readonly Component[]; dir: string } = { components: [], dir: '.' }
  #counts = new Map<string, number>()
  #queue: Promise<unknown> = Promise.resolve()

  setup(components: readonly Component[], flaggingDir: string): void {
    this.#dataset = { components, dir: flaggingDir }
  }

  flag(flagData: readonly FlagValue[], ...[, , details]: Rest): Promise<number> {
    const { components, dir } = details ?? this.#dataset
    const folders = labelFolders(components.map(({ label }) => label))
    // One after the other: each row goes behind the one before.
    const count = this.#queue.then(() => this.#store(flagData, folders, dir))
    this.#queue = count.catch(() => undefined)
    return count
  }

  async #store(data: readonly FlagValue[], folders: readonly string[], dir: string) {
    await makeDirectories(fs, dir, false)
    const n = this.#counts.get(dir) ?? (await countRecords(fs, `${dir}/log.csv`))
    const row: string[] = []
    for (const [index, value] of data.entries()) {
      const files = isFlaggedFile(value) ? [value] : value
      if (isFlaggedFileList(files)) row.push(await saveFiles(files, dir, `${folders[index]}`, n))
      else row.push(encodeCell(files, 'any', { onlyColumn: data.length === 1 }))
    }
    await appendText(fs, `${dir}/log.csv`, formatRecords([row]))
    this.#counts.set(dir, n + 1)
    return n + 1
  }
}

type Rest = [flagOption?: string | null, username?: string | null, details?: FlagDetails]

async function saveFiles(files: readonly FlaggedFile[], dir: string, folder: string, n: number) {
  await makeDirectories(fs, `${dir}/${folder}`, false)
  const paths: string[] = []
  for (const [index, file] of files.entries()) {
    const end = `${files.length > 1 ? `-${index}` : ''}.${await extensionOfFile(file)}`
    let number = n
    const save = () => file.saveTo(`${dir}/${folder}/${number}${end}`).then(() => true)
    while ((await unless('EEXIST', save())) === undefined) number++
    paths.push(`${folder}/${number}${end}`)
  }
  return fileCell(paths)
}
