import { parseAst } from 'vitest/node'
import { expect, test } from 'vitest'
import { instrument, type SyntaxNode } from './instrument.ts'

const SOURCE = `
class Base { constructor(...list) { this.list = list } who() { return 'base' } }
class One extends Base {
  #secret = 3
  constructor() { super(1, ...[2, 3],) }
  who() { return super.who() + this.#own?.() }
  #own() { return this.#secret }
  get me() { return { deep: { who: () => this.who() } } }
}
const one = new One
const tag = (strings, ...values) => strings.join('|') + values.join()
const none = undefined
export const results = [
  one.who(),
  one.list,
  one.me?.deep.who(),
  none?.a.b(never()).c(),
  (none?.a)?.(never()),
  (one.who)(),
  ((x) => x)((1, 2),),
  tag\`a\${1 + [1].at(0)}b\`,
  false && never(),
  (function () { return arguments.length })(1, /* two, */ 2),
  typeof (await import('node:path')).join,
  await Promise.resolve(4),
  [...'ab'].map((each) => each.toUpperCase()),
]
function never() { throw new Error('evaluated') }
`

/** Runs a module that finds its switch in a global. */
async function run(
  switchSource: string,
  arm = '',
): Promise<{ results: unknown[]; sites: string[] }> {
  const program = parseAst(SOURCE, { lang: 'ts', preserveParens: true }) as unknown as SyntaxNode
  const address = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`
  const instrumented = instrument(SOURCE, program, 'file.ts', address(switchSource))
  expect(instrumented.split('\n')).toHaveLength(SOURCE.split('\n').length)
  const code = `${arm}\n${instrumented}`
  return (await import(/* @vite-ignore */ address(code))) as never
}

test('an instrumented module does what it did', async () => {
  const counting = `export const sites = []
    export const reach = (site) => (sites.push(site), [])
    export const after = (site, value) => (sites.push(site), value)`
  const { results } = await run(counting)
  expect(results).toEqual([
    'base3',
    [1, 2, 3],
    'base3',
    undefined,
    undefined,
    'base3',
    2,
    'a|b2',
    false,
    2,
    'function',
    4,
    ['A', 'B'],
  ])
})

test('a site throws right before what it calls, with the place in its name', async () => {
  const throwing = `export const after = (site, value) => value
    export const reach = (site) => { if (site.endsWith('this.#own')) throw new Error(site); return [] }`
  await expect(run(throwing)).rejects.toThrow('file.ts:6:41 (who) this.#own')
})
