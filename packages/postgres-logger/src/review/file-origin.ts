import type { FileStore } from '../files/file-store.ts'

/** No file has this key; its address is not asked for. */
const NO_FILE = '_/1970/01/01/AAAAAAAAAAAAAAAAAAAAAA/none.bin'

/** The web origin of the addresses that a file store signs. */
export async function originOf(sign: NonNullable<FileStore['presign']>): Promise<string> {
  const address = await sign(NO_FILE, { type: 'application/octet-stream', name: 'none.bin' })
  return new URL(address).origin
}
