import { createRequire } from 'node:module'

/** The two functions of `fs-native-extensions` that are used here; it ships without types. */
export interface NativeLock {
  /**
   * Locks a part of the file, or all of it, for this open file description; false if another one has
   * it.
   */
  tryLock(fd: number, offset?: number, length?: number): boolean
  unlock(fd: number, offset?: number, length?: number): void
}

let loaded: NativeLock | Error | undefined

/** The native lock, or why it cannot be loaded; tried once a process or worker. */
export function loadNativeLock(): NativeLock | Error {
  if (loaded === undefined) {
    try {
      // Deno loads the addon, and then dies of the first call into it: a missing libuv symbol.
      if (process.versions['deno'] !== undefined) throw new Error('Deno has no libuv')
      // A cast, since `require` has no types; the names are those of fs-native-extensions 1.x.
      loaded = createRequire(import.meta.url)('fs-native-extensions') as NativeLock
    } catch (error) {
      loaded = error instanceof Error ? error : new Error(String(error))
    }
  }
  return loaded
}
