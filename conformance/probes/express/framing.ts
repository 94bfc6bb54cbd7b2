import { PassThrough } from 'node:stream'
import type { Response } from 'express'
import type { Probe } from '../../src/probe.ts'
import { eventsOf, thrownBy } from '../watching.ts'
import { type Writing, writingProbes } from '../writing.ts'

/** What a handler does that shows in the framing of its answer, or in its state. */
const FRAMINGS: Readonly<Record<string, Writing>> = {
  'the framing of one write, of many in a turn, and of more in the next': {
    async write(res) {
      res.write('one')
      res.write('two')
      await new Promise((resolve) => setImmediate(resolve))
      res.write('three')
      res.end('four')
    },
    kept: ['onetwothreefour'],
  },
  'cork and uncork put chunks together': {
    write(res, saw) {
      res.cork()
      res.write('one')
      res.write('two', () => saw('second written'))
      // How much it is depends on the head, which may have one more line.
      saw('corked', [res.writableCorked, res.writableLength > 0])
      res.uncork()
      res.write('three')
      res.cork()
      res.cork()
      res.write('four')
      res.uncork()
      saw('corked once', res.writableCorked)
      res.end('five')
      saw('ended', res.writableCorked)
    },
    kept: ['onetwothreefourfive'],
  },
  'a Content-Length of the handler keeps its framing': {
    write(res) {
      res.set('Content-Length', '11')
      res.write('plain ')
      res.end('words')
    },
    kept: ['plain words'],
  },
  strictContentLength: {
    write(res, saw) {
      res.strictContentLength = true
      res.set('Content-Length', '5')
      res.write('words')
      for (const chunk of ['!', '']) {
        const thrown = thrownBy(() => res.write(chunk))
        saw(`more "${chunk}"`, thrown)
      }
      res.end()
    },
    kept: ['words'],
  },
  'res.flushHeaders before the first byte': {
    async write(res, saw) {
      res.flushHeaders()
      saw('sent', [res.headersSent, res.statusCode])
      await new Promise((resolve) => setImmediate(resolve))
      res.end('words')
    },
    kept: ['words'],
  },
  addTrailers: {
    write(res) {
      res.set('Trailer', 'X-Sum')
      res.write('words')
      res.addTrailers({ 'X-Sum': '5' })
      res.end()
    },
    kept: ['words'],
  },
  'what the response says of itself, step by step': {
    async write(res, saw) {
      saw('at first', stateOf(res))
      res.write('words')
      saw('written', stateOf(res))
      await new Promise((resolve) => setImmediate(resolve))
      saw('out', stateOf(res))
      res.end('more')
      saw('ended', stateOf(res))
      res.on('finish', () => saw('finished', stateOf(res)))
      res.on('close', () => saw('over', stateOf(res)))
    },
    kept: ['wordsmore'],
  },
  'the events of an answer that a stream is piped into': {
    write(res, saw) {
      const events = eventsOf(res, 'pipe', 'unpipe', 'prefinish', 'finish', 'error')
      const source = new PassThrough()
      res.on('close', () => saw('events', events))
      source.pipe(res)
      source.unpipe(res)
      source.pipe(res)
      source.end('words')
    },
    kept: ['words'],
  },
  'nobody has added listeners that change what errors do': {
    write(res, saw) {
      const names = ['error', 'drain', 'pipe', 'unpipe', 'prefinish', 'timeout', 'socket']
      saw(
        'listeners',
        names.map((name) => `${name} ${res.listenerCount(name)}`),
      )
      saw('limit', res.getMaxListeners())
      res.end('words')
    },
  },
}

/** How answers are framed on the wire, and what they say of themselves meanwhile. */
export const FRAMING_ON_EXPRESS: readonly Probe[] = writingProbes(FRAMINGS)

function stateOf(res: Response): unknown {
  const state = STATE.map((name) => `${name} ${String(res[name])}`)
  return [...state, `socket ${res.socket !== null}`, `length ${res.writableLength > 0}`]
}

const STATE = [
  'headersSent',
  'writable',
  'writableEnded',
  'writableFinished',
  'writableNeedDrain',
  'writableHighWaterMark',
  'writableObjectMode',
  'writableCorked',
  'statusCode',
  'statusMessage',
  'finished',
  'destroyed',
  'errored',
  'closed',
  'sendDate',
  'chunkedEncoding',
  'shouldKeepAlive',
  'useChunkedEncodingByDefault',
] as const
