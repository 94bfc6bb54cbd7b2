// Loaded by mocha before the tests (`--file`): mounts flagging in front of what they serve with.
import http, { ServerResponse } from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { flagging } from '../../packages/express-adapter/dist/index.js'
import { inFront, settle } from './in-front.mjs'

const requireOfSuite = createRequire(join(process.cwd(), 'package.json'))
const [kind, name] = process.env.FOREIGN_SUITES_MOUNT.split(' ')

if (kind === 'express') mountOnExpress(requireOfSuite(name))
else if (kind === 'servers') mountOnServers()
else if (kind === 'multer') mountOnMulter(requireOfSuite('.'))

// Mocha's own, for all of its files: runs once, after the last test.
after('flagging settles', function () {
  this.timeout(0)
  return settle()
})

/** The first middleware of each app, set as soon as the app has a router to set it on. */
function mountOnExpress({ application }) {
  const { init, lazyrouter } = application
  if (lazyrouter) {
    application.lazyrouter = function () {
      const isNew = !this._router
      lazyrouter.call(this)
      if (isNew) this._router.use(inFront(flagging))
    }
    return
  }
  application.init = function () {
    init.call(this)
    const lazy = Object.getOwnPropertyDescriptor(this, 'router')
    let router
    Object.defineProperty(this, 'router', {
      ...lazy,
      get() {
        if (router) return router
        router = lazy.get.call(this)
        router.use(inFront(flagging))
        return router
      },
    })
  }
}

/** In front of the listeners of plain servers, whether they are given to `createServer` or later. */
function mountOnServers() {
  for (const { Server } of [http, https]) Server.prototype.on = behind(Server.prototype.on)
  for (const create of ['createServer', 'createSecureServer']) {
    const original = http2[create]
    http2[create] = (...args) => {
      const listener = typeof args.at(-1) === 'function' ? args.pop() : undefined
      const server = original(...args)
      server.on = behind(server.on)
      return listener ? server.on('request', listener) : server
    }
  }
}

/** An `on` that puts a middleware in front of those who listen for requests. */
function behind(on) {
  return function (event, listener) {
    if (event !== 'request') return on.call(this, event, listener)
    const middleware = inFront(flagging)
    return on.call(this, event, function (req, res) {
      middleware(req, res, () => listener.call(this, req, res))
    })
  }
}

/** Most of multer's tests call it without an app, with a stream for a request and no response. */
function mountOnMulter(multer) {
  mountOnExpress(requireOfSuite('express'))
  const proto = Object.getPrototypeOf(multer())
  const make = proto._makeMiddleware
  proto._makeMiddleware = function (...args) {
    const upload = make.apply(this, args)
    const middleware = inFront(flagging)
    return (req, res, next) => {
      if (res) return upload(req, res, next)
      Object.assign(req, { method: 'POST', url: '/upload' })
      const answer = answerTo(req)
      middleware(req, answer, () => {
        upload(req, res, (error) => {
          answer.end()
          next(error)
        })
      })
    }
  }
}

/** A response that goes nowhere. */
function answerTo(req) {
  const answer = new ServerResponse(req)
  answer.assignSocket(new PassThrough().resume())
  return answer.once('finish', () => answer.destroy())
}
