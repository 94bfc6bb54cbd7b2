import { basename } from 'node:path'
import {
  Turns,
  nodeFileSystem as fs,
  makeDirectories,
  randomName,
  unless,
} from '@flagging/core/store'
import { FolderLock } from './folder-lock.ts'
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
  readonly #destination: string
  readonly #room: Room
  #folder = ''
  #names = ''
  readonly #turns = new Turns()
  /** Of the room that is taken, what is taken by this. */
  #bytes = 0

  /**
   * @param dir the outbox
   * @param destination which database all of it is for
   */
  constructor(dir: string, destination: string, room: Room) {
    this.path = `${dir}/${REFUSED}`
    this.#destination = destination
    this.#room = room
  }

  /** A folder in it; another one where somebody has moved the last one away. */
  async folder(): Promise<string> {
    const isThere = this.#folder !== '' && (await unless('ENOENT', fs.lstat(this.#folder)))
    if (!isThere) this.#folder = await this.#make()
    return this.#folder
  }

  /**
   * Moves a segment here, to be sent from its start should somebody move it back; gives where it is,
   * `undefined` where there was none.
   * @param bytes what it takes of the room that is taken
   */
  take(dir: string, bytes: number): Promise<string | undefined> {
    return this.#turns.run(() => this.#take(dir, bytes))
  }

  /** Looks how much room it takes, where another process has put something here, or somebody moved it away. */
  measure(): Promise<void> {
    return this.#turns.run(() => this.#measure())
  }

  async #take(dir: string, bytes: number): Promise<string | undefined> {
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

  async #measure(): Promise<void> {
    const names: string[] = []
    for (const folder of await foldersIn(this.path)) {
      for (const name of await foldersIn(`${this.path}/${folder}`)) names.push(`${folder}/${name}`)
    }
    const all = names.toSorted().join()
    if (all === this.#names) return
    const bytes = await sizeOfTree(this.path)
    const more = bytes - this.#bytes
    if (more > 0) this.#room.add(more)
    else this.#room.give(-more)
    this.#names = all
    this.#bytes = bytes
  }

  async #make(): Promise<string> {
    const folder = `${this.path}/${randomName()}`
    await makeDirectories(fs, folder, true)
    const lock = await FolderLock.make(folder)
    await lock?.label(this.#destination)
    await lock?.release()
    return folder
  }
}
