import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rowsOf } from '../../../../test/contract/wire.ts'
import { Instances, flag, served } from './instances.ts'

/** Keeps a copy of every call that is written down, as the database holds it. */
async function recorded(instances: Instances): Promise<() => Promise<string[]>> {
  const { database } = instances
  await database.query('create table seen (request text, answer text)')
  await database.query(
    `create function see() returns trigger language plpgsql as $$
      begin insert into seen values (new.request::text, new.answer::text); return null; end $$`,
  )
  await database.query(
    `create trigger seen after insert or update on flagging.calls
      for each row execute function see()`,
  )
  return async () => {
    const rows = await database.query<{ request: string; answer: string | null }>(
      'select * from seen',
    )
    return rows.map(({ request, answer }) => `${request} ${answer}`)
  }
}

describe('what a flag says that is passed on', () => {
  test('is stored as it would be where it is held, whatever it says', async () => {
    const said = { comment: true, correction: true, options: ['Bad'] }
    const instances = await Instances.make()
    const [a, b] = [await instances.start(said), await instances.start(said)]
    const comments = ['', 'a\0b', '\ud800 and \udfff', '= "1"', 'ä€😀'.repeat(25_000)]
    const deep = `${'['.repeat(8000)}${']'.repeat(8000)}`
    const corrections = [
      ...comments.map((text) => JSON.stringify(text.slice(0, 99_990))),
      `{"z":1,"a":[-0,1e400,12345678901234567890],"z":2,"__proto__":{"\\u0000":"\\ud800"}}`,
      JSON.stringify({ text: 'x'.repeat(99_000) }),
      deep,
      '-0',
    ]
    const cells: string[][][] = []
    for (const one of [a, b]) {
      for (const [n, correction] of corrections.entries()) {
        const id = await served(a)
        const comment = JSON.stringify(comments[n % comments.length])
        const body = `{"id":"${id}","option":"Bad","comment":${comment},"correction":${correction}}`
        const headers = { 'content-type': 'application/json' }
        const answer = await one.server.request('/flag', { method: 'POST', headers, body })
        expect([n, answer.status]).toEqual([n, 201])
        // The same on the other one is the same flag, to the last digit.
        const again = one === a ? b : a
        const repeated = await again.server.request('/flag', { method: 'POST', headers, body })
        expect([n, repeated.status]).toEqual([n, 200])
      }
      cells.push(rowsOf(await readFile(join(instances.dir, 'logs.csv'), 'utf8')))
    }
    const rows = cells[1]?.slice(1) ?? []
    expect(rows).toHaveLength(2 * corrections.length)
    expect(rows.slice(corrections.length)).toEqual(rows.slice(0, corrections.length))
  })

  test('is allowed, checked and redacted before anything is written down', async () => {
    const options = { comment: true, correction: true, redact: ['pin'] }
    const instances = await Instances.make()
    const seen = await recorded(instances)
    const a = await instances.start(options)
    let isAllowed = false
    const b = await instances.start({ ...options, authorize: () => isAllowed })
    const id = await served(a)
    expect((await flag(b, id)).status).toBe(403)
    isAllowed = true
    expect((await flag(b, id, { option: 'Good' })).status).toBe(400)
    expect((await flag(b, id, { comment: 'x'.repeat(100_001) })).status).toBe(400)
    expect(await seen()).toEqual([])
    const secret = { password: 'hunter2', pin: 1234, note: 'kept' }
    const said = { comment: JSON.stringify(secret), correction: secret }
    expect((await flag(b, id, said)).status).toBe(201)
    expect((await flag(a, id, said)).status).toBe(200)
    const written = (await seen()).join('\n')
    expect(written).toMatch(/kept/)
    expect(written).not.toMatch(/hunter2|1234/)
    // Nor what was asked and answered, or of whom.
    expect(written).not.toMatch(/operation|num1/)
  })
})
