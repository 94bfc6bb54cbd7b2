import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Options of Node that say how modules are found and read; all others are none of a thread's. */
const INHERITED = /^(?:--import|--require|-r|--loader|--experimental-loader|--conditions|-C)(?:=|$)/
const INHERITED_FLAG = /^--(?:preserve-symlinks(?:-main)?|experimental-strip-types)$/

/** The address of a module beside another one, compiled or not as that one is. */
export function moduleBeside(url: string, name: string): URL {
  return new URL(`./${name}${extname(fileURLToPath(url))}`, url)
}

/**
 * What a thread inherits of the process's options. Others, such as `--input-type` or `--eval`, would
 * keep it from starting.
 */
export function inheritedArgv(argv: readonly string[] = process.execArgv): string[] {
  const inherited: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const option = argv[index] as string
    if (INHERITED_FLAG.test(option)) inherited.push(option)
    if (!INHERITED.test(option)) continue
    inherited.push(option)
    const next = argv[index + 1]
    if (!option.includes('=') && next !== undefined) {
      inherited.push(next)
      index++
    }
  }
  return inherited
}
