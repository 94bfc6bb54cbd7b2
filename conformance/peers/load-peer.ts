import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { PEERS_DIR } from './install.ts'
import type { PackageName } from './packages.ts'

/** Imports a peer from where the suite has installed it, or a module inside it. */
export async function loadPeer<T>(name: PackageName | `${PackageName}/${string}`): Promise<T> {
  const loader = `${PEERS_DIR}load.mjs`
  if (!existsSync(loader)) {
    throw new Error('The peers are not installed: `npm run conformance:peers` installs them.')
  }
  const { load } = (await import(pathToFileURL(loader).href)) as {
    load(name: string): Promise<object>
  }
  const module = (await load(name)) as T & { readonly default?: T }
  return module.default ?? module
}
