import { describe, expect, it } from 'vitest'
import { pictureOf } from './pictures.ts'
import { idOf, postFile, postJSON } from './requests.ts'
import { startExample } from './start-example.ts'

describe('sepia', () => {
  it('keeps what was sent and what was received, side by side', async () => {
    const { url, read, stop } = await startExample('sepia/server.ts')

    for (const [n, colour] of ['#ff8800', '#0088ff'].entries()) {
      const sent = await pictureOf(colour)
      const response = await postFile(`${url}/sepia`, sent)
      expect(response.headers.get('Content-Type')).toBe('image/png')
      const received = Buffer.from(await response.arrayBuffer())
      expect(received.equals(sent)).toBe(false)

      const flagged = await postJSON(`${url}/flag`, { id: idOf(response) })
      expect([flagged.status, await flagged.json()]).toEqual([201, { count: n + 1 }])
      expect((await read(`flagged/im/${n}.png`)).equals(sent)).toBe(true)
      expect((await read(`flagged/Output/${n}.png`)).equals(received)).toBe(true)
    }

    expect((await read('flagged/logs.csv')).toString()).toBe(
      'im,Output\nim/0.png,Output/0.png\nim/1.png,Output/1.png\n',
    )
    expect(await stop()).toBe('')
  })

  it('refuses what is no picture', async () => {
    const { url } = await startExample('sepia/server.ts')

    const response = await postFile(`${url}/sepia`, Buffer.from('no picture'))
    expect(response.status).toBe(400)
  })
})
