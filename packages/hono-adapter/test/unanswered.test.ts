import type { Handler, MiddlewareHandler } from 'hono'
import { describe, expect, test } from 'vitest'
import { exchange } from '../../../test/contract/wire.ts'
import { pair, WAYS } from './hono-world.ts'

const POST = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"q":1}',
}

const gives = (value: unknown): Handler => (() => value) as Handler
const passes: MiddlewareHandler = async (_c, next) => {
  await next()
}

for (const [way, serve] of Object.entries(WAYS)) {
  describe(`Hono ${way}: a handler that gives nothing`, () => {
    for (const mode of ['auto', 'manual', 'never'] as const) {
      test(`is answered as without us in ${mode} mode`, async () => {
        const { bare, tapped, world } = await pair(serve, { mode }, (app) => {
          app.notFound((c) => c.text(`nothing at ${c.req.path}`, 404, { 'X-Own': 'own' }))
          app.post('/at-once', gives(undefined))
          app.post('/later', gives(Promise.resolve()))
          app.post('/through', passes, gives(undefined))
          app.use('/behind', passes)
          app.post('/behind', gives(undefined))
        })
        for (const path of ['/at-once', '/later', '/through', '/behind', '/nowhere']) {
          const expected = await exchange(bare, path, POST)
          expect(await exchange(tapped, path, POST)).toEqual(expected)
        }
        await world.flush()
      })

      test(`may have a \`notFound\` that throws in ${mode} mode`, async () => {
        const { bare, tapped, world } = await pair(serve, { mode }, (app) => {
          app.notFound(() => {
            throw new Error('not even that')
          })
          app.post('/nothing', gives(Promise.resolve()))
        })
        const expected = await exchange(bare, '/nothing', POST)
        expect(await exchange(tapped, '/nothing', POST)).toEqual(expected)
        await world.flush()
      })
    }
  })
}
