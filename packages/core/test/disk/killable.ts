import type { FileSystem, OpenFile } from '../../src/store/file-system.ts'

type Method = (...args: unknown[]) => unknown

/** Whether a call is the one at which a process dies; `n` counts its calls from 0. */
export type Death = (call: {
  readonly n: number
  readonly name: string
  readonly path: string
}) => boolean

/** A disk as a process sees it that is killed at one of its calls: none comes back from there on. */
export function killable(
  disk: FileSystem,
  isLast: Death,
): { disk: FileSystem; died: Promise<void> } {
  let calls = 0
  let isDead = false
  let die: () => void = () => undefined
  const died = new Promise<void>((resolve) => (die = resolve))
  const files: OpenFile[] = []
  const watch = <T extends object>(target: T, file = ''): T =>
    new Proxy(target, {
      get(_, name): unknown {
        const value = Reflect.get(target, name, target) as unknown
        if (typeof value !== 'function') return value
        // Neither is a call to the disk.
        if (name === 'lockProblem' || name === 'unlock') return (value as Method).bind(target)
        return (...args: unknown[]): unknown => {
          const path = file === '' ? String(args[0]) : file
          isDead ||= isLast({ n: calls++, name: String(name), path })
          if (isDead) {
            // The kernel closes what a process has, and gives up its locks.
            for (const open of files) open.unlock()
            die()
            if (String(name).endsWith('Now')) throw new Error('A dead process looks at a disk')
            return name === 'tryLock' ? false : new Promise(() => undefined)
          }
          const result = (value as Method).apply(target, args)
          if (name !== 'open') return result
          return (result as Promise<OpenFile>).then((opened) => {
            files.push(opened)
            return watch(opened, path)
          })
        }
      },
    })
  return { disk: watch(disk), died }
}
