import type { Probe } from '../../src/probe.ts'
import { codeOf, thrownBy } from '../watching.ts'
import { type Writing, writingProbes } from '../writing.ts'

/** What a handler gives to res.write and res.end, call by call. */
const WRITINGS: Readonly<Record<string, Writing>> = {
  'res.write in every encoding': {
    write(res, saw) {
      saw('results', [
        res.write('plain', 'latin1'),
        res.write('776f726473', 'hex'),
        res.write('bW9yZQ==', 'base64'),
        res.write('bW9y_w', 'base64url'),
        res.write('ü', 'latin1'),
        res.write('ü', 'utf16le'),
        res.write('ü', 'ascii'),
        res.write('end'),
      ])
      res.end('ü', 'latin1')
    },
    kept: ['plain', 'words'],
  },
  'res.write of a Buffer, a Uint8Array and a part of one': {
    write(res) {
      const bytes = Buffer.from('-plain words-')
      res.write(bytes.subarray(1, 6))
      res.write(new Uint8Array(bytes.buffer, bytes.byteOffset + 6, 6))
      res.end(Buffer.from('.'))
    },
    kept: ['plain words'],
  },
  'a buffer that is used again after res.write': {
    write(res) {
      const shared = Buffer.from('plain words')
      return new Promise<void>((resolve) => {
        res.write(shared, () => {
          shared.fill('x')
          res.end(shared, resolve)
        })
      })
    },
    kept: ['plain words'],
  },
  'the callbacks of res.write, each once and in order': {
    write(res, saw) {
      res.write('a', (error) => saw('first', codeOf(error)))
      res.write('b', 'utf8', (error) => saw('second', codeOf(error)))
      res.write(Buffer.from('c'), (error) => saw('third', codeOf(error)))
      res.end('d', () => saw('ended', res.writableFinished))
      saw('called')
    },
    kept: ['abcd'],
  },
  'res.end with a callback alone': {
    write(res, saw) {
      saw('returned', res.end(() => saw('ended')) === res)
    },
  },
  'res.end with chunk, encoding and callback': {
    write(res, saw) {
      saw('returned', res.end('776f726473', 'hex', () => saw('ended')) === res)
    },
    kept: ['words'],
  },
  'res.end with null, with undefined, and a callback': {
    write(res, saw) {
      res.write('words')
      ;(res.end as (chunk: null, encoding: undefined, done: () => void) => void)(
        null,
        undefined,
        () => saw('ended'),
      )
    },
    kept: ['words'],
  },
  'what Express returns, to be chained': {
    write(res, saw) {
      saw('returned', [
        res.status(200) === res,
        res.set('X-A', 'b') === res,
        res.type('txt') === res,
        res.vary('Accept') === res,
        res.setHeader('X-B', 'c') === res,
        res.json({ plain: 'words' }) === res,
      ])
    },
    kept: ['words'],
  },
  'res.write after res.end': {
    write(res, saw) {
      res.on('error', (error) => saw('error', codeOf(error)))
      res.end('words')
      saw(
        'returned',
        res.write('late', (error) => saw('written', codeOf(error))),
      )
    },
  },
  'res.end after res.end': {
    write(res, saw) {
      res.on('error', (error) => saw('error', codeOf(error)))
      res.end('words')
      res.end('late', (error?: unknown) => saw('ended again', codeOf(error)))
      res.on('finish', () => res.end((error?: unknown) => saw('ended at last', codeOf(error))))
    },
  },
  'res.write after res.destroy': {
    write(res, saw) {
      res.on('error', (error) => saw('error', codeOf(error)))
      res.write('words')
      res.destroy()
      saw(
        'returned',
        res.write('late', (error) => saw('written', codeOf(error))),
      )
      res.end('later', (error?: unknown) => saw('ended', codeOf(error)))
    },
  },
  'chunks of a wrong type': {
    write(res, saw) {
      for (const chunk of [1, {}, [], true, undefined, null, Symbol.iterator, new ArrayBuffer(3)]) {
        saw(
          typeof chunk,
          thrownBy(() => res.write(chunk)),
        )
      }
      saw(
        'end',
        thrownBy(() => res.end(1)),
      )
      saw(
        'encoding',
        thrownBy(() => res.write('a', 'klingon' as BufferEncoding)),
      )
      res.end('words')
    },
    kept: ['words'],
  },
  'empty chunks': {
    write(res, saw) {
      saw('returned', [res.write(''), res.write(Buffer.alloc(0)), res.headersSent])
      res.write('', () => saw('written'))
      res.write('words')
      res.write('')
      res.end('')
    },
    kept: ['words'],
  },
}

/** How handlers write answers, and what they get back. */
export const WRITING_ON_EXPRESS: readonly Probe[] = writingProbes(WRITINGS)
