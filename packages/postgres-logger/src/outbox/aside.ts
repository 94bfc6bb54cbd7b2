import { basename } from 'node:path'
import { nodeFileSystem as fs, makeDirectories, randomName, unless } from '@flagging/core/store'
import type { Room } from './room.ts'
import { PROGRESS } from './segment-progress.ts'
import { foldersIn, sizeOfTree } from './spool-disk.ts'

/** Where what the database refuses is put, and what cannot be read. */
const REFUSED = 'refused'

/**
 * What nobody sends any more, in folders that may be moved back into the outbox at any time: what comes
 * here is whole, and nobody has it open.
 */
export class Aside {
  readonly path: string
  readonly #room: Room
  #folder = ''
  #names = ''
  /** Of the room that is taken, what is taken by this. */
  #bytes = 0

  /** @param dir the outbox */
  constructor(dir: string, room: Room) {
    this.path = `${dir}/${REFUSED}`
    this.#room = room
  }

  /** A folder in it; another one where somebody has moved the last one away. */
  async folder(): Promise<string> {
    const isThere = this.#folder !== '' && (await unless('ENOENT', fs.lstat(this.#folder)))
    if (!isThere) this.#folder = `${this.path}/${randomName()}`
    await makeDirectories(fs, this.#folder, true)
    return this.#folder
  }

  /**
   * Moves a segment here, to be sent from its start should somebody move it back; gives where it is,
   * `undefined` where there was none.
   * @param bytes what it takes of the room that is taken
   */
  async take(dir: string, bytes: number): Promise<string | undefined> {
    await unless('ENOENT ENOTDIR', fs.unlink(`${dir}/${PROGRESS}`))
    for (;;) {
      const target = `${await this.folder()}/${basename(dir)}`
      const moving = fs.rename(dir, target).then(() => true)
      if ((await unless('ENOENT', moving)) === true) {
        this.#bytes += bytes
        return target
      }
      // Else somebody has moved the folder away meanwhile.
      if ((await unless('ENOENT', fs.lstat(dir))) === undefined) return undefined
    }
  }

  /** Looks how much room it takes, where another process has put something here, or somebody moved it away. */
  async measure(): Promise<void> {
    const names = (await foldersIn(this.path)).toSorted().join()
    if (names === this.#names) return
    const bytes = await sizeOfTree(this.path)
    const more = bytes - this.#bytes
    if (more > 0) this.#room.add(more)
    else this.#room.give(-more)
    this.#names = names
    this.#bytes = bytes
  }
}
