import { describe, expect, it } from 'vitest'
import { pictureOf } from './pictures.ts'
import { idOf, postFile, postJSON } from './requests.ts'
import { startExample } from './start-example.ts'

describe('the classifier', () => {
  it('stores the value of the option that was chosen by its label', async () => {
    const { url, read, stop } = await startExample('classifier/server.ts')

    const { options } = (await (await fetch(`${url}/flag`)).json()) as { options: unknown }
    expect(options).toEqual([
      { label: 'Mark as incorrect', value: 'incorrect' },
      { label: 'Mark as offensive', value: 'offensive' },
      { label: 'Mark as problematic', value: 'problematic' },
    ])

    const red = await postFile(`${url}/classify`, await pictureOf('#ff5500'))
    expect(await red.json()).toEqual({ warm: 1, cool: 0 })
    await postJSON(`${url}/flag`, { id: idOf(red), option: 'incorrect' })
    const blue = await postFile(`${url}/classify`, await pictureOf('#5500aa'))
    expect(await blue.json()).toEqual({ warm: 0.33, cool: 0.67 })
    await postJSON(`${url}/flag`, { id: idOf(blue), option: 'problematic' })

    expect((await read('flagged/logs.csv')).toString()).toBe(
      'im,Output,flag_option\n' +
        'im/0.png,"{""warm"":1,""cool"":0}",incorrect\n' +
        'im/1.png,"{""warm"":0.33,""cool"":0.67}",problematic\n',
    )
    expect(await stop()).toBe('')
  })

  it('answers a flag without a known option with the list of them', async () => {
    const { url } = await startExample('classifier/server.ts')

    const response = await postFile(`${url}/classify`, await pictureOf('#ff5500'))
    for (const option of ['Mark as incorrect', undefined]) {
      const refused = await postJSON(`${url}/flag`, { id: idOf(response), option })
      expect(refused.status).toBe(400)
      expect(refused.headers.get('Content-Type')).toMatch('application/problem+json')
      const { code, detail } = (await refused.json()) as { code: string; detail: string }
      expect(code).toBe('unknown_option')
      expect(detail).toMatch(/incorrect.*offensive.*problematic/)
    }
  })
})
