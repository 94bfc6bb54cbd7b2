import { describe, expect, it } from 'vitest'
import { idOf, postJSON } from './requests.ts'
import { startExample } from './start-example.ts'

const ada = { Authorization: 'Bearer ada-secret' }
const bob = { Authorization: 'Bearer bob-secret' }

describe('an existing API', () => {
  it('has its flag route behind its own authentication, and the name from there', async () => {
    const { url, read, stop } = await startExample('existing-api/server.ts')

    const response = await postJSON(`${url}/summarize`, { text: 'It rained. We stayed.' }, ada)
    const answer = (await response.json()) as { summary: string; flaggingId: string }
    expect(answer).toEqual({ summary: 'It rained.', flaggingId: idOf(response) })

    const flag = { id: answer.flaggingId, option: 'Too long', comment: 'One word would do.' }
    expect((await postJSON(`${url}/flag`, flag)).status).toBe(401)
    expect((await postJSON(`${url}/flag`, flag, bob)).status).toBe(404)
    const flagged = await postJSON(`${url}/flag`, flag, ada)
    expect([flagged.status, await flagged.json()]).toEqual([201, { count: 1 }])

    expect((await read('flagged/logs.csv')).toString()).toBe(
      'text,summary,flag_option,username,comment\n' +
        'It rained. We stayed.,It rained.,Too long,ada,One word would do.\n',
    )
    expect(await stop()).toBe('')
  })

  it('lets the pages of its own app read the id and flag, and no others', async () => {
    const { url } = await startExample('existing-api/server.ts')
    const headers = { ...ada, Origin: 'https://app.example', 'Sec-Fetch-Site': 'cross-site' }

    const response = await postJSON(`${url}/summarize`, { text: 'It rained.' }, headers)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://app.example')
    expect(response.headers.get('Access-Control-Expose-Headers')).toBe('Flagging-Id')

    const preflight = await fetch(`${url}/flag`, {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://app.example',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type,authorization',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('Access-Control-Allow-Methods')).toContain('POST')

    const flag = { id: idOf(response), option: 'Wrong' }
    const foreign = { ...headers, Origin: 'https://evil.example' }
    expect((await postJSON(`${url}/flag`, flag, foreign)).status).toBe(403)
    expect((await postJSON(`${url}/flag`, flag, headers)).status).toBe(201)
  })

  it('limits how often one user flags', async () => {
    const { url } = await startExample('existing-api/server.ts')

    const flag = { id: 'A'.repeat(22), option: 'Wrong' }
    const statuses: number[] = []
    for (let n = 0; n < 31; n++) statuses.push((await postJSON(`${url}/flag`, flag, ada)).status)
    expect(statuses).toEqual([...Array<number>(30).fill(404), 429])
    expect((await postJSON(`${url}/flag`, flag, bob)).status).toBe(404)
  })
})
