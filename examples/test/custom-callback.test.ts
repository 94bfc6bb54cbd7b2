import { access } from 'node:fs/promises'
import sqlite from 'node-sqlite3-wasm'
import { describe, expect, it } from 'vitest'
import { pictureOf } from './pictures.ts'
import { idOf, postFile, postJSON } from './requests.ts'
import { startExample } from './start-example.ts'

const sum = { num1: 5, operation: 'add', num2: 7 }

describe('custom callbacks', () => {
  it("runs the guide's callback, which prints", async () => {
    const example = await startExample('custom-callback/server.ts', { args: ['--print'] })
    const { url, dir, printed, stop } = example

    const response = await postJSON(`${url}/calculate`, sum)
    const flagged = await postJSON(`${url}/flag`, { id: idOf(response), option: 'Incorrect' })
    expect([flagged.status, await flagged.json()]).toEqual([201, { count: 1 }])

    expect(await stop()).toBe('')
    expect(printed()).toContain('Flagging num1, operation, num2, Output in ')
    expect(printed()).toContain('Flagged: 5 add 7 12\nReason: Incorrect\n')
    await expect(access(`${dir}/flagged`)).rejects.toThrow('ENOENT')
  })

  it('puts the samples of all endpoints into SQLite, files as blobs', async () => {
    const { url, dir, stop } = await startExample('custom-callback/server.ts')

    const added = idOf(await postJSON(`${url}/calculate`, sum))
    const picture = await pictureOf('#5500aa')
    const classified = idOf(await postFile(`${url}/classify`, picture))
    for (const [id, option, count] of [
      [added, 'Incorrect', 1],
      [classified, 'Other', 1],
      [added, 'Other', 2],
    ]) {
      const flagged = await postJSON(`${url}/flag`, { id, option })
      expect([flagged.status, await flagged.json()]).toEqual([201, { count }])
    }
    expect(await stop()).toBe('')

    const db = new sqlite.Database(`${dir}/samples.db`, { readOnly: true })
    try {
      expect(
        db.all('SELECT interaction, endpoint, option, username FROM samples ORDER BY n'),
      ).toEqual([
        { interaction: added, endpoint: 'calculate', option: 'Incorrect', username: null },
        { interaction: classified, endpoint: 'classify', option: 'Other', username: null },
        { interaction: added, endpoint: 'calculate', option: 'Other', username: null },
      ])
      const values = db.all('SELECT label, value FROM sample_values ORDER BY rowid')
      expect(values.slice(0, 4)).toEqual([
        { label: 'num1', value: '5' },
        { label: 'operation', value: '"add"' },
        { label: 'num2', value: '7' },
        { label: 'Output', value: '12' },
      ])
      expect(values[4]?.label).toBe('im')
      expect(picture.equals(values[4]?.value as Uint8Array)).toBe(true)
      expect(values.slice(5, 7)).toEqual([
        { label: 'warm', value: '0.33' },
        { label: 'cool', value: '0.67' },
      ])
    } finally {
      db.close()
    }
  })
})
