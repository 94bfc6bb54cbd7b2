import { randomName, writeAll } from './disk.ts'
import type { FileSystem } from './file-system.ts'

/**
 * Replaces a small file: at each moment the old one or the new one is there, whole, and the new one is on
 * the disk when this resolves.
 */
export async function replaceFile(
  fs: FileSystem,
  folder: string,
  name: string,
  text: string,
): Promise<void> {
  const staged = `${folder}/${randomName()}.tmp`
  const file = await fs.open(staged, 'create')
  try {
    await writeAll(file, Buffer.from(text), 0)
    await file.sync()
    await file.close()
    await fs.rename(staged, `${folder}/${name}`)
  } catch (error) {
    await file.close().catch(() => undefined)
    await fs.unlink(staged).catch(() => undefined)
    throw error
  }
  await fs.syncDirectory(folder)
}
