import { access } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { idOf, postJSON } from './requests.ts'
import { startExample } from './start-example.ts'

describe('the calculator', () => {
  it('logs flagged JSON and form submissions as the guide shows', async () => {
    const { url, dir, read, stop } = await startExample('calculator/server.ts')

    const sum = await postJSON(`${url}/calculate`, { num1: 5, operation: 'add', num2: 7 })
    expect(await sum.json()).toEqual({ Output: 12 })
    await expect(access(`${dir}/flagged`)).rejects.toThrow('ENOENT')
    const flagged = await postJSON(`${url}/flag`, { id: idOf(sum) })
    expect([flagged.status, await flagged.json()]).toEqual([201, { count: 1 }])

    const body = new URLSearchParams({ num1: '6', operation: 'subtract', num2: '1.5' })
    const difference = await fetch(`${url}/calculate`, { method: 'POST', body })
    expect(await difference.json()).toEqual({ Output: 4.5 })
    expect(await (await postJSON(`${url}/flag`, { id: idOf(difference) })).json()).toEqual({
      count: 2,
    })

    expect((await read('flagged/logs.csv')).toString()).toBe(
      'num1,operation,num2,Output\n5,add,7,12\n6,subtract,1.5,4.5\n',
    )
    expect(await stop()).toBe('')
  })

  it('serves its page, and the buttons for it', async () => {
    const { url } = await startExample('calculator/server.ts')

    const page = await fetch(url)
    expect(page.headers.get('Content-Type')).toMatch('text/html')
    expect(await page.text()).toContain('<form action="/calculate"')
    expect(await (await fetch(`${url}/flag`)).json()).toMatchObject({
      mode: 'manual',
      options: [{ label: 'Flag', value: null }],
    })
  })

  it('offers no failed calculation for flagging', async () => {
    const { url } = await startExample('calculator/server.ts')

    const failed = await postJSON(`${url}/calculate`, { num1: 1, operation: 'divide', num2: 0 })
    expect([failed.status, await failed.json()]).toEqual([400, { error: 'Cannot divide by zero!' }])
    expect(failed.headers.get('Flagging-Id')).toBeNull()
  })
})
