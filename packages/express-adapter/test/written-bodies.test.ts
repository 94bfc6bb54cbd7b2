import { connect } from 'node:net'
import { CSVLogger } from '@flagging/core'
import type { Request, Response } from 'express'
import { describe, expect, test } from 'vitest'
import { loaded } from '../../../test/contract/loaded.ts'
import { postJSON, readAnswer, until } from '../../../test/contract/wire.ts'
import { EXPRESS } from './express-host.ts'
import { pair } from './express-world.ts'

const STORY = 'naïve 日本 😀'
const HEX = Buffer.from(STORY).toString('hex')
const BASE64 = Buffer.from(STORY).toString('base64')

type Write = (res: Response) => unknown

/** Ways to write an answer, and what of it arrives. */
const WRITTEN: Record<string, readonly [write: Write, expected: Buffer]> = {
  'latin1 strings': [
    (res) => res.write('na\xefve', 'latin1') && res.end('\xe9', 'binary'),
    Buffer.from('na\xefve\xe9', 'latin1'),
  ],
  'UTF-16 strings': [
    (res) => res.write('日本', 'utf16le') && res.end('😀', 'ucs2'),
    Buffer.from('日本😀', 'utf16le'),
  ],
  'hexadecimal strings': [
    (res) => res.write(HEX.slice(0, 8), 'hex') && res.end(HEX.slice(8), 'hex'),
    Buffer.from(STORY),
  ],
  'base64 strings': [
    (res) => res.write(BASE64.slice(0, 8), 'base64') && res.end(BASE64.slice(8), 'base64'),
    Buffer.from(STORY),
  ],
  'bytes whose buffer is used again': [
    (res) => {
      const bytes = Buffer.from('one ')
      // Large enough to go out in a piece of its own.
      res.write(Buffer.from(bytes))
      res.write(bytes, () => res.end(bytes.fill('2')))
    },
    Buffer.from('one one 2222'),
  ],
  'typed arrays and callbacks': [
    (res) => {
      const words = new TextEncoder().encode(STORY)
      res.write(words.subarray(0, 5), () => {
        res.end(words.subarray(5), () => {})
      })
    },
    Buffer.from(STORY),
  ],
  'ends with a callback alone': [
    (res) => {
      res.write(STORY)
      res.end(() => {})
    },
    Buffer.from(STORY),
  ],
  'a second end': [
    (res) => {
      res.on('error', () => {})
      res.end(STORY)
      res.end('more')
    },
    Buffer.from(STORY),
  ],
  'a write behind the end': [
    (res) => {
      res.on('error', () => {})
      res.end(STORY)
      res.write('more')
    },
    Buffer.from(STORY),
  ],
}

/** Ways to end an answer that is not whole, and how the log says that it ended. */
const BROKEN: Record<string, readonly [end: Write, ended: string]> = {
  'it is destroyed': [(res) => res.destroy(), 'error'],
  'it is destroyed with a reason': [(res) => res.destroy(new Error('reason')), 'error'],
  'it is destroyed behind its end': [(res) => res.end('').destroy(new Error('late')), 'error'],
  'it is destroyed twice': [(res) => res.destroy().destroy(new Error('again')), 'error'],
  'it is ended behind its destruction': [
    (res) => {
      res.on('error', () => {})
      res.destroy()
      res.end('never')
    },
    'error',
  ],
  'its socket is destroyed': [(res) => res.socket?.destroy(), 'error'],
}

for (const [name, express] of EXPRESS) {
  const start = async (handle: (req: Request, res: Response) => unknown) => {
    const columns = ['ended', 'truncated'] as const
    const callback = () => new CSVLogger({ columns, fsync: 'none' })
    const options = { mode: 'auto', when: () => true, callback } as const
    const made = await pair(express, options, (app) => {
      app.post('/ask', (req, res) => {
        res.setHeader('content-type', 'application/octet-stream')
        req.resume().on('end', () => handle(req, res))
      })
    })
    const rows = async (count: number) => {
      const { stats } = made.flagging
      await until(() => stats().stored >= count && stats().pending === 0)
      await made.world.flush()
      return ((await loaded(made.world))['ask'] ?? []).map(({ outputs, details }) => ({
        output: (outputs['Output'] as Buffer | null)?.toString('latin1') ?? '',
        ended: details.ended,
        truncated: details.truncated,
      }))
    }
    return { ...made, rows }
  }

  describe(`${name}: written answers`, () => {
    test.for(Object.entries(WRITTEN))('%s are captured as they arrive, once', async ([, how]) => {
      const [write, expected] = how
      const { bare, tapped, rows } = await start((_req, res) => write(res))
      const answers = [
        await readAnswer(await bare.request('/ask', postJSON({ q: 1 }))),
        await readAnswer(await tapped.request('/ask', postJSON({ q: 1 }))),
      ]
      expect(answers.map(({ bytes }) => bytes)).toEqual([expected, expected])
      expect(await rows(1)).toEqual([
        { output: expected.toString('latin1'), ended: 'complete', truncated: false },
      ])
    })

    test.for(Object.entries(BROKEN))('there is one row where %s', async ([, [end, ended]]) => {
      const { tapped, rows } = await start((_req, res) => {
        res.write('so far', () => end(res))
      })
      const response = await tapped.request('/ask', postJSON({ q: 1 })).catch(() => undefined)
      await response?.arrayBuffer().catch(() => undefined)
      expect(await rows(1)).toEqual([{ output: 'so far', ended, truncated: false }])
    })

    test('there is one row where the client has left and the handler goes on', async () => {
      const { tapped, rows } = await start((_req, res) => {
        res.on('error', () => {})
        res.write('so far')
        res.on('close', () => {
          res.write('more')
          res.end('and more')
          res.destroy(new Error('late'))
        })
      })
      const socket = connect(tapped.port as number, '127.0.0.1')
      socket.write('POST /ask HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n')
      let received = ''
      socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
      await until(() => received.includes('so far'))
      socket.destroy()
      expect(await rows(1)).toEqual([{ output: 'so far', ended: 'aborted', truncated: false }])
    })
  })
}
