import { LOG_NAME } from '../../src/store/sidecar.ts'
import type { ModelDisk } from './model-disk.ts'

/** The logs of a disk, by path. */
export function logsOf(disk: ModelDisk): Map<string, Buffer> {
  return filesOf(disk, (name) => LOG_NAME.test(name))
}

/** The files of a disk whose names are asked for, by path. */
export function filesOf(
  { image }: ModelDisk,
  isAsked: (name: string) => boolean,
): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  const walk = (ino: number, path: string): void => {
    for (const [name, child] of image.directory(ino).names) {
      const inode = image.inode(child)
      if (inode.type === 'directory') walk(child, `${path}/${name}`)
      else if (isAsked(name)) found.set(`${path}/${name}`, inode.bytes)
    }
  }
  walk(1, '')
  return found
}
