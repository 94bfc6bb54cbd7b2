import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import busboy from 'busboy'
import formidable from 'formidable'
import multer from 'multer'
import type { ErrorRequestHandler, Express, Request } from 'express'
import type { Client } from '../../src/client.ts'
import type { Probe } from '../../src/probe.ts'
import { codeOf, letArrive } from '../watching.ts'

/** Bytes that are no text, and that no codec leaves alone. */
const PICTURE = Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * at + 200) % 256))
const LARGE = Buffer.from(Array.from({ length: 400_000 }, (_, at) => (at * 7 + (at >> 8)) % 256))
const BOUNDARY = 'a-line-between'

/** How uploads are taken in on Express. */
export const UPLOADS_ON_EXPRESS: readonly Probe[] = [
  {
    name: 'multer in memory',
    express(app) {
      app.post('/', multer().single('picture'), (req, res) => {
        res.json({ field: (req.body as { word: string }).word, file: told(req.file) })
      })
    },
    play: (client) => upload(client, PICTURE),
    kept: ['plain words', PICTURE],
  },
  {
    name: 'multer in memory, before the capture',
    mounts: 'itself',
    express(app, { mount }) {
      app.use(multer().any())
      mount()
      app.post('/', (req, res) => {
        res.json({ field: (req.body as { word: string }).word, files: tellAll(req) })
      })
    },
    play: (client) => upload(client, PICTURE),
    kept: ['plain words', PICTURE],
  },
  {
    name: 'multer on the disk',
    express(app, { dir }) {
      app.post('/', multer({ dest: dir }).single('picture'), (req, res) => {
        res.json({ file: told(req.file), onDisk: digest(readFileSync(req.file!.path)) })
      })
    },
    play: (client) => upload(client, LARGE),
    kept: ['plain words', LARGE],
  },
  {
    name: 'multer on the disk, before the capture',
    mounts: 'itself',
    express(app, { dir, mount }) {
      app.use(multer({ dest: dir }).single('picture'))
      mount()
      app.post('/', (req, res) => {
        res.json({ file: told(req.file), onDisk: digest(readFileSync(req.file!.path)) })
      })
    },
    play: (client) => upload(client, PICTURE),
    kept: ['plain words', PICTURE],
  },
  {
    name: 'multer refuses a file beyond its limit',
    express(app) {
      app.post('/', multer({ limits: { fileSize: 100 } }).single('picture'))
      answerErrors(app)
    },
    play: (client) => upload(client, PICTURE),
  },
  {
    name: 'multer refuses a form that breaks off',
    express(app) {
      app.post('/', multer().any())
      answerErrors(app)
    },
    play: (client) => send(client, form(PICTURE).subarray(0, -40)),
  },
  {
    name: 'multer of a form that came while nobody was reading',
    express(app) {
      app.use(letArrive)
      app.post('/', multer().any(), (req, res) => {
        res.json({ files: tellAll(req) })
      })
    },
    play: (client) => upload(client, PICTURE),
    kept: ['plain words', PICTURE],
  },
  {
    name: 'busboy',
    express(app) {
      app.post('/', (req, res) => {
        const parts: unknown[] = []
        const form = busboy({ headers: req.headers })
        form.on('field', (name, value) => parts.push([name, value]))
        form.on('file', (name, file, { filename, mimeType }) => {
          const hash = createHash('sha256')
          file.on('data', (chunk: Buffer) => hash.update(chunk))
          file.on('end', () => parts.push([name, filename, mimeType, hash.digest('hex')]))
        })
        form.on('close', () => res.json(parts))
        req.pipe(form)
      })
    },
    play: (client) => upload(client, LARGE),
    kept: ['plain words', LARGE],
  },
  {
    name: 'busboy given up half-way: unpipe, resume, and an answer',
    express(app) {
      app.post('/', (req, res) => {
        const form = busboy({ headers: req.headers })
        form.on('file', (_name, file) => {
          req.unpipe(form)
          file.resume()
          req.resume()
          req.on('end', () => res.status(415).json({ complete: req.complete }))
        })
        req.pipe(form)
      })
    },
    play: (client) => upload(client, LARGE),
  },
  {
    name: 'formidable',
    express(app, { dir }) {
      app.post('/', async (req, res) => {
        const [fields, files] = await formidable({ uploadDir: dir }).parse(req)
        const [file] = files['picture'] ?? []
        res.json({
          fields,
          name: file?.originalFilename,
          size: file?.size,
          digest: digest(readFileSync(file!.filepath)),
        })
      })
    },
    play: (client) => upload(client, LARGE),
    kept: ['plain words', LARGE],
  },
  {
    name: 'an upload that is taken in piece by piece holds its client back by nothing',
    express(app, { saw }) {
      app.post('/', async (req, res) => {
        let got = 0
        for await (const chunk of req) saw(`got ${(got += (chunk as Buffer).length)}`)
        res.json({ got })
      })
    },
    async play(client) {
      const conversation = client.open({ path: '/' })
      for (let piece = 1; piece <= 4; piece++) {
        await conversation.write(PICTURE)
        await client.saw(`got ${piece * PICTURE.length}`)
      }
      conversation.end()
      return conversation.rest()
    },
  },
]

function upload(client: Client, file: Uint8Array): Promise<unknown> {
  return send(client, form(file))
}

function send(client: Client, body: Uint8Array): Promise<unknown> {
  const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }
  return client.exchange({ path: '/', headers, body })
}

function form(file: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="word"\r\n\r\nplain words\r\n` +
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="picture"; filename="a.bin"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    ),
    file,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ])
}

function answerErrors(app: Express): void {
  app.use(((error: unknown, _req, res, _next) => {
    res.json({ failed: codeOf(error) })
  }) satisfies ErrorRequestHandler)
}

function tellAll(req: Request): unknown {
  return (req.files as Express.Multer.File[]).map(told)
}

function told(file: Express.Multer.File | undefined): unknown {
  return (
    file && {
      field: file.fieldname,
      name: file.originalname,
      size: file.size,
      digest: file.buffer && digest(file.buffer),
    }
  )
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
