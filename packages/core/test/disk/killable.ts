import type { FileSystem, OpenFile } from '../../src/store/file-system.ts'

type Method = (...args: unknown[]) => unknown

/** A disk as a process sees it that is killed at its nth call: no call comes back from there on. */
export function killable(disk: FileSystem, nth: number): { disk: FileSystem; died: Promise<void> } {
  let calls = 0
  let die: () => void = () => undefined
  const died = new Promise<void>((resolve) => (die = resolve))
  const files: OpenFile[] = []
  const watch = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, name): unknown {
        const value = Reflect.get(target, name, target) as unknown
        if (typeof value !== 'function' || name === 'lockProblem') return value
        return (...args: unknown[]): unknown => {
          if (calls++ >= nth) {
            // The kernel closes what a process has, and gives up its locks.
            for (const file of files) file.unlock()
            die()
            return name === 'tryLock' ? false : new Promise(() => undefined)
          }
          const result = (value as Method).apply(target, args)
          if (name !== 'open') return result
          return (result as Promise<OpenFile>).then((file) => {
            files.push(file)
            return watch(file)
          })
        }
      },
    })
  return { disk: watch(disk), died }
}
