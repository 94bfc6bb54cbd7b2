import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { idOf, postJSON } from './requests.ts'
import { startExample } from './start-example.ts'

describe.each(['hono', 'express'])('the quick start for %s', (name) => {
  it('gives the file of the guide', async () => {
    const { url, read, stop } = await startExample(`quickstart/${name}.ts`)

    for (const input of [
      { num1: 5, operation: 'add', num2: 7 },
      { num1: 6, operation: 'subtract', num2: 1.5 },
    ]) {
      const response = await postJSON(`${url}/calculate`, input)
      expect((await postJSON(`${url}/flag`, { id: idOf(response) })).status).toBe(201)
    }

    expect((await read('flagged/logs.csv')).toString()).toBe(
      'num1,operation,num2,Output\n5,add,7,12\n6,subtract,1.5,4.5\n',
    )
    expect(await stop()).toBe('')
  })

  it('stands in the README as it runs', async () => {
    const root = new URL('../../', import.meta.url)
    const source = await readFile(new URL(`examples/quickstart/${name}.ts`, root), 'utf8')
    expect(await readFile(new URL('README.md', root), 'utf8')).toContain(source)
  })
})
