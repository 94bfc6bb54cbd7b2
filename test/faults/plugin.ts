import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vitest/config'
import { instrument } from './instrument.ts'

const packages = fileURLToPath(new URL('../../packages/', import.meta.url))
const switchModule = fileURLToPath(new URL('./switch.ts', import.meta.url))

/** Instruments the sources of the packages, and nothing else. */
export function faultSites(): Plugin {
  return {
    name: 'flagging:fault-sites',
    enforce: 'pre',
    transform(code, id) {
      const path = id.split('?')[0] as string
      const file = relative(packages, path).split(sep).join('/')
      if (!/^[\w-]+\/src\/.*\.ts$/.test(file)) return undefined
      const program = this.parse(code, { lang: 'ts', preserveParens: true })
      return {
        code: instrument(code, program, file.replace('/src/', '/'), switchModule),
        map: null,
      }
    },
  }
}
