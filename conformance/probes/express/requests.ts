import { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Probe } from '../../src/probe.ts'
import { arrived, eventsOf, stateOf, textOf, until } from '../watching.ts'

/**
 * Requests as handlers find them. `close` listeners of a capture are not compared, nor are methods
 * that it has shadowed: other middlewares of the ecosystem do both.
 */
export const REQUESTS_ON_EXPRESS: readonly Probe[] = [
  {
    name: 'a request is untouched when the handler gets it',
    express(app, { saw }) {
      app.post('/', (req, res) => {
        saw('request', stateOf(req))
        saw('left by nobody', {
          body: req.body as unknown,
          locals: { ...res.locals },
          params: req.params,
          query: req.query,
          appLocals: Object.keys(app.locals),
        })
        res.sendStatus(200)
      })
    },
    play: (client) => client.exchange({ path: '/?a=1', body: 'some words' }),
  },
  {
    name: 'a request that has arrived unread is still untouched',
    express(app, { saw }) {
      app.post('/', async (req, res) => {
        await arrived(req)
        saw('request', stateOf(req))
        res.sendStatus(200)
      })
    },
    play: (client) => client.exchange({ path: '/', body: 'some words' }),
  },
  {
    name: 'req and res are what Express made them, and know each other',
    express(app, { saw }) {
      app.post('/', (req, res) => {
        saw('request', {
          own: req.res === res && res.req === req && req.app === app && res.app === app,
          prototypes: [
            Object.getPrototypeOf(req) === app.request,
            Object.getPrototypeOf(res) === app.response,
          ],
          kinds: [req instanceof IncomingMessage, res instanceof ServerResponse],
          names: [res.constructor.name, req.constructor.name],
        })
        res.sendStatus(200)
      })
    },
    play: (client) => client.exchange({ path: '/', body: 'some words' }),
  },
  {
    name: 'each chunk of a request reaches the handler when it arrives, as one',
    express(app, { saw }) {
      app.post('/', (req, res) => {
        req.on('data', (chunk: Buffer) => saw(`chunk ${chunk.toString()}`))
        req.on('end', () => res.end('done'))
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      for (const piece of ['one', 'two', 'three']) {
        await conversation.write(piece)
        await client.saw(`chunk ${piece}`)
      }
      conversation.end()
      return conversation.rest()
    },
    kept: ['onetwothree'],
  },
  {
    name: 'the events of a request and its answer come in their order',
    express(app, { saw }) {
      app.post('/', (req, res) => {
        const events = eventsOf(req, 'resume', 'data', 'end', 'close', 'aborted', 'error')
        const answered = eventsOf(res, 'prefinish', 'finish', 'close', 'error', 'drain')
        res.on('finish', () => events.push('-- answered'))
        res.on('close', () => setImmediate(() => saw('closed', { events, answered })))
        req.on('end', () => res.end('done'))
      })
    },
    async play(client) {
      const answer = await client.exchange({ path: '/', body: 'some words' })
      await client.saw('closed')
      return answer
    },
  },
  {
    name: 'a loop over the request that is broken off leaves an answer possible',
    express(app, { saw }) {
      app.post('/', async (req, res) => {
        const events = eventsOf(req, 'aborted', 'close')
        for await (const chunk of req) {
          saw('first chunk', String(chunk))
          break
        }
        res.on('close', () => saw('closed', { events, ...stateOf(req) }))
        res.json({ socket: req.socket === null, destroyed: req.destroyed })
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      await conversation.write('some')
      await conversation.head()
      conversation.end()
      const answer = await conversation.rest()
      await client.saw('closed')
      return answer
    },
    kept: ['some'],
  },
  {
    name: 'a client is held back while nobody reads, and let go on afterwards',
    express(app, { saw, signal }) {
      app.post('/', async (req, res) => {
        await until(() => req.readableLength >= req.readableHighWaterMark)
        saw('full', req.readableFlowing)
        await signal('read')
        let size = 0
        for await (const chunk of req) size += (chunk as Buffer).length
        res.json({ size })
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      let isOut = false
      const written = conversation.write(Buffer.alloc(16 * 1024 * 1024, 'x')).then(() => {
        isOut = true
      })
      await client.saw('full')
      const heldBack = !isOut
      client.signal('read')
      await written
      conversation.end()
      return { heldBack, answer: await conversation.rest() }
    },
  },
  {
    name: 'setEncoding and reading come from different places',
    express(app) {
      app.use((req, _res, next) => {
        req.setEncoding('utf8')
        next()
      })
      app.post('/', async (req, res) => {
        await arrived(req)
        res.json({ got: await textOf(req), encoding: req.readableEncoding })
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      for (const byte of Buffer.from('日本 some words')) await conversation.write(Buffer.of(byte))
      conversation.end()
      return conversation.rest()
    },
    kept: ['日本 some words'],
  },
  {
    name: 'setEncoding before the capture',
    mounts: 'itself',
    express(app, { mount }) {
      app.use(async (req, _res, next) => {
        req.setEncoding('utf8')
        await arrived(req)
        next()
      })
      mount()
      app.post('/', async (req, res) => {
        res.json({ got: await textOf(req), encoding: req.readableEncoding })
      })
    },
    play: (client) => client.exchange({ path: '/', body: '日本 some words' }),
    kept: ['日本 some words'],
  },
  {
    name: 'a stream that wraps the request by its events',
    express(app) {
      app.post('/', async (req, res) => {
        const wrapped = new Readable().wrap(req)
        res.json({ got: await textOf(wrapped) })
      })
    },
    play: (client) => client.exchange({ path: '/', body: 'some words' }),
    kept: ['some words'],
  },
  {
    name: 'what a handler puts back into the request by unshift is read with the rest',
    express(app) {
      app.post('/', async (req, res) => {
        req.unshift(Buffer.from('before '))
        res.json({ got: await textOf(req), did: req.readableDidRead })
      })
    },
    play: (client) => client.exchange({ path: '/', body: 'some words' }),
  },
  {
    name: 'a destroyed request takes its connection with it',
    express(app, { saw }) {
      app.post('/', (req, res) => {
        const events = eventsOf(req, 'aborted', 'error', 'close')
        const answered = eventsOf(res, 'finish', 'error', 'close')
        res.on('close', () => {
          setImmediate(() => saw('closed', { events, answered, destroyed: req.destroyed }))
        })
        req.destroy(new Error('enough'))
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      await conversation.write('some')
      const { ending } = await conversation.rest()
      await client.saw('closed')
      return ending
    },
  },
]
