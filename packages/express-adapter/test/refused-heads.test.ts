import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http'
import type { Response } from 'express'
import { describe, expect, test } from 'vitest'
import { postJSON, send } from '../../../test/contract/wire.ts'
import { EXPRESS } from './express-host.ts'
import { pair } from './express-world.ts'

const PAIRS = [['X-A', '1']] as unknown as OutgoingHttpHeader[]

/** Heads that Node refuses, at least beside a header that is set. */
const REFUSED: Record<string, (res: Response) => unknown> = {
  'one pair': (res) => res.writeHead(200, PAIRS),
  'two pairs': (res) => res.writeHead(200, [...PAIRS, ...PAIRS]),
  'an odd list': (res) => res.writeHead(200, ['X-A', '1', 'X-B']),
  'a bad value': (res) => res.writeHead(200, { 'X-A': 'a\r\nb' }),
  'a bad message': (res) => res.writeHead(200, 'a\r\nb'),
}

for (const [name, express] of EXPRESS) {
  describe(`heads on ${name}`, () => {
    test.each(Object.entries(REFUSED))(
      '%s is refused with the same error, and the next head carries the id if it may',
      async (_name, write) => {
        const thrown: unknown[] = []
        const { bare, tapped } = await pair(express, { mode: 'manual' }, (app) => {
          app.post('/:status', (req, res) => {
            try {
              write(res)
            } catch (error) {
              thrown.push((error as NodeJS.ErrnoException).code)
            }
            // What a refused head has set stays set, on the bare host too.
            res.removeHeader('X-A')
            res.statusMessage = ''
            res.status(Number(req.params.status)).json({ ok: true })
          })
        })
        const expected = await send(bare, '/200', postJSON({ q: 1 }))
        const answer = await send(tapped, '/200', postJSON({ q: 1 }))
        const failed = await send(tapped, '/500', postJSON({ q: 1 }))
        expect(thrown).toEqual([expect.stringMatching(/^ERR_/), thrown[0], thrown[0]])
        expect([answer.status, answer.text]).toEqual([expected.status, expected.text])
        expect([answer.id?.length, failed.status, failed.id]).toEqual([22, 500, null])
      },
    )

    test('a list that follows a message of undefined keeps its duplicates', async () => {
      const { bare, tapped } = await pair(express, { mode: 'manual' }, (app) => {
        app.disable('x-powered-by')
        app.post('/', (_req, res) => {
          const list = ['X-A', '1', 'X-A', '2'] as unknown as OutgoingHttpHeaders
          res.writeHead(200, undefined, list).end('x')
        })
      })
      for (const server of [bare, tapped]) {
        const { headers } = await server.request('/', postJSON({ q: 1 }))
        expect(headers.get('x-a')).toBe('1, 2')
      }
    })
  })
}
