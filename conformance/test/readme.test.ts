import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PROBES } from '../probes/probes.ts'
import { judge } from '../src/judge.ts'

const NAME = 'res.write returns whether to go on, res.end returns the response'
const readme = new URL('../README.md', import.meta.url)
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'conformance-readme-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

it('says what really comes of its example', async () => {
  const text = await readFile(readme, 'utf8')
  const example = /<!-- subject -->\s+```ts\n([^]*?)```/.exec(text)?.[1]
  const module = join(dir, 'my-middleware.ts')
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }')
  await writeFile(module, example!)
  const probes = PROBES.filter(({ name }) => name === NAME)
  const lines: string[] = []
  await judge(pathToFileURL(module).href, { probes, hosts: ['express5'] }, (line) => {
    lines.push(line)
  })
  expect(text).toContain(`\`\`\`\n${lines.join('\n').trim()}\n\`\`\``)
}, 60_000)
