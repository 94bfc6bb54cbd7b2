import { describe, expect, it } from 'vitest'
import { postJSON } from './requests.ts'
import { startExample } from './start-example.ts'

describe('streaming', () => {
  it('streams as without flagging, and logs the text that the stream spells', async () => {
    const { url, read, stop } = await startExample('streaming/server.ts')

    const messages = [{ role: 'user', content: 'Good morning, dear echo' }]
    const response = await postJSON(`${url}/v1/chat/completions`, { model: 'echo', messages })
    expect(response.headers.get('Flagging-Id')).toBeNull()
    const arrivals: string[] = []
    for await (const chunk of response.body ?? []) arrivals.push(Buffer.from(chunk).toString())
    expect(arrivals.length).toBeGreaterThan(3)
    expect(arrivals.join('')).toMatch(/data: \[DONE\]\n\n$/)

    expect(await stop()).toBe('')
    expect((await read('flagged/v1.chat.completions/logs.csv')).toString()).toBe(
      'model,messages,Output\n' +
        'echo,"[{""role"":""user"",""content"":""Good morning, dear echo""}]",' +
        '"You said: Good morning, dear echo"\n',
    )
  })

  it('has nothing to flag by hand', async () => {
    const { url } = await startExample('streaming/server.ts')

    const refused = await postJSON(`${url}/flag`, { id: 'A'.repeat(22) })
    expect(refused.status).toBe(404)
    expect(await refused.json()).toMatchObject({ code: 'mode_auto' })
  })
})
