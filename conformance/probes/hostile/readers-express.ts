import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setImmediate as nextTurn } from 'node:timers/promises'
import busboy from 'busboy'
import type { Express, Request, RequestHandler } from 'express'
import formidable from 'formidable'
import multer from 'multer'
import type { Stage } from '../../src/probe.ts'
import { expressOf } from '../express-of.ts'
import { digest, failure, measured, seen } from '../bodies.ts'

/** How an app on Express takes the bodies that it is sent. */
export interface ExpressReader {
  readonly kind: 'express'
  /** Completes "... into". */
  readonly name: string
  /** Whether it leaves bodies on the wire. */
  readonly ignores?: boolean
  mount(app: Express, stage: Stage): void
}

/** Reads with what stands in front of the handler, which notes what was left for it. */
function parsedBy(
  name: string,
  middleware: (stage: Stage) => RequestHandler | RequestHandler[],
): ExpressReader {
  return {
    kind: 'express',
    name,
    mount(app, stage) {
      app.use(middleware(stage))
      app.use(async (req, res) => {
        stage.saw(itemOf(req), { body: seen(req.body), files: await filesOf(req) })
        res.send('read')
      })
      noteErrors(app, stage)
    },
  }
}

/** Reads in the handler itself. */
function readBy(
  name: string,
  read: (req: Request, stage: Stage) => Promise<unknown>,
): ExpressReader {
  return {
    kind: 'express',
    name,
    mount(app, stage) {
      app.use(async (req, res) => {
        try {
          stage.saw(itemOf(req), await read(req, stage))
          res.send('read')
        } catch (error) {
          stage.saw(itemOf(req), failure(error))
          res.status(400).send('not read')
        }
      })
    },
  }
}

/** What the app calls the exchange in its notes. */
function itemOf(req: Request): string {
  return String(req.headers['x-item'])
}

/** Lets the framework answer errors as in production, without a stack; notes them. */
export function noteErrors(app: Express, { saw }: Stage): void {
  app.set('env', 'production')
  app.use(((error, req, _res, next) => {
    saw(itemOf(req), failure(error))
    next(error)
  }) as Parameters<Express['use']>[0] & ((...args: [unknown, Request, unknown, Next]) => void))
}

type Next = (error: unknown) => void

async function filesOf(req: Request): Promise<unknown> {
  const files = (req.files ?? []) as Express.Multer.File[]
  return Promise.all(
    files.map(async ({ fieldname, originalname, mimetype, size, path, buffer: kept }) => {
      const content = kept ?? (await readFile(path))
      return { fieldname, originalname, mimetype, size, content: measured(content) }
    }),
  )
}

function throughBusboy(req: Request): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const parts: unknown[] = []
    const parser = busboy({ headers: req.headers, limits: { fileSize: 1024 * 1024 } })
    parser.on('field', (name, value, info) => parts.push({ name, value: seen(value), ...info }))
    parser.on('file', (name, file, info) => {
      const part: Record<string, unknown> = { name, ...info }
      parts.push(part)
      const hash = createHash('sha256')
      file.on('data', (chunk: Buffer) => hash.update(chunk))
      file.on('end', () => (part['content'] = hash.digest('hex')))
      file.on('limit', () => (part['limit'] = true))
      file.on('error', reject)
    })
    parser.on('error', reject)
    parser.on('close', () => resolve(parts))
    req.on('error', reject)
    req.pipe(parser)
  })
}

async function throughFormidable(req: Request, stage: Stage): Promise<unknown> {
  const options = { uploadDir: stage.dir, allowEmptyFiles: true, minFileSize: 0 }
  const [fields, files] = await formidable(options).parse(req)
  const found = Object.entries(files).flatMap(([name, list]) =>
    (list ?? []).map(async ({ originalFilename, mimetype, size, filepath }) =>
      seen({ name, originalFilename, mimetype, size, is: measured(await readFile(filepath)) }),
    ),
  )
  // It lists files as their last bytes reach the disk, in any order.
  return { fields: seen(fields), files: (await Promise.all(found)).toSorted() }
}

async function inPieces(req: Request): Promise<unknown> {
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    hash.update(chunk)
    length += chunk.length
  }
  return { length, sha256: hash.digest('hex') }
}

/** Sends back what it gets, while it gets it. */
const echo: ExpressReader = {
  kind: 'express',
  name: 'an app that sends back each piece',
  mount(app) {
    app.use((req, res) => {
      res.type('application/octet-stream')
      req.pipe(res)
    })
  },
}

/** Answers at once; the body stays on the wire. */
const ignoring: ExpressReader = {
  kind: 'express',
  name: 'an Express app that reads nothing',
  ignores: true,
  mount(app, { saw }) {
    app.use((req, res) => {
      saw(itemOf(req))
      res.status(401).json({ read: 'nothing' })
    })
  },
}

/** Leaves the body alone until it has asked its database. */
const late = readBy('an Express app that reads late', async (req) => {
  for (let turn = 0; turn < 5; turn++) await nextTurn()
  return measured(await buffer(req))
})

/** The readers of apps on Express, by what the probes call them. */
export const EXPRESS_READERS = {
  json: parsedBy('express.json', (stage) => expressOf(stage.host).json()),
  jsonVerified: parsedBy('express.json with verify and strict off', (stage) =>
    expressOf(stage.host).json({
      strict: false,
      type: '*/*',
      limit: '4mb',
      verify: (req, _res, body) =>
        stage.saw(`${itemOf(req as Request)}, as bytes`, `${body.length} ${digest(body)}`),
    }),
  ),
  urlencoded: parsedBy('express.urlencoded', (stage) =>
    expressOf(stage.host).urlencoded({ extended: true }),
  ),
  both: parsedBy('express.json and express.urlencoded', ({ host }) => {
    const { json, urlencoded } = expressOf(host)
    return [json(), urlencoded({ extended: true })]
  }),
  urlencodedSimple: parsedBy('express.urlencoded without nesting', (stage) =>
    expressOf(stage.host).urlencoded({ extended: false }),
  ),
  text: parsedBy('express.text', (stage) => expressOf(stage.host).text({ type: () => true })),
  raw: parsedBy('express.raw', (stage) =>
    expressOf(stage.host).raw({ type: () => true, limit: '4mb', inflate: false }),
  ),
  multer: parsedBy('multer in memory', () => multer().any()),
  multerDisk: parsedBy('multer on disk', ({ dir }) => multer({ dest: join(dir, 'in') }).any()),
  busboy: readBy('busboy', throughBusboy),
  formidable: readBy('formidable', throughFormidable),
  pieces: readBy('for await on Express', inPieces),
  echo,
  ignoring,
  late,
} satisfies Record<string, ExpressReader>
