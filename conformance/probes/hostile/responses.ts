import { text } from 'node:stream/consumers'
import type { Response as ExpressResponse } from 'express'
import type { Context } from 'hono'
import type { Client } from '../../src/client.ts'
import type { Answer } from '../../src/conversation.ts'
import type { Probe } from '../../src/probe.ts'
import { CODED, CONTENTS, type Given, HEADS, LENGTHS, LONG, STREAMS } from './answers.ts'
import { noteErrors as noteErrorsOnExpress } from './readers-express.ts'
import { noteErrors as noteErrorsOnHono } from './readers-hono.ts'

type OnExpress = (res: ExpressResponse, given: Given) => void
type OnHono = (c: Context, given: Given) => Response

/** How apps on Express say an answer. */
const ON_EXPRESS: Readonly<Record<string, OnExpress>> = {
  'res.send': (res, { status = 200, headers, body }) => {
    res.status(status).set(headers)
    res.send(typeof body === 'string' ? body : Buffer.from(body))
  },
  'writeHead and end': (res, { status = 200, headers, body }) => {
    res.writeHead(status, headers).end(body)
  },
  'writes of a few bytes': (res, { status = 200, headers, body }) => {
    res.status(status)
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
    for (const piece of piecesOf(body)) res.write(piece)
    res.end()
  },
}

/** How apps on Hono say an answer. */
const ON_HONO: Readonly<Record<string, OnHono>> = {
  'a Response': (_c, { status = 200, headers, body }) =>
    new Response(body as Uint8Array<ArrayBuffer>, { status, headers }),
  'c.body': (c, { status = 200, headers, body }) =>
    c.newResponse(body as string, status as 200, headers),
  'a stream of a few bytes': (_c, { status = 200, headers, body }) =>
    new Response(streamOf(piecesOf(body)), { status, headers }),
}

function piecesOf(body: string | Uint8Array): Buffer[] {
  const whole = Buffer.from(body as Uint8Array)
  const size = Math.max(3, Math.ceil(whole.length / 200))
  const pieces: Buffer[] = []
  for (let at = 0; at < whole.length; at += size) pieces.push(whole.subarray(at, at + size))
  return pieces
}

function streamOf(pieces: Buffer[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull(controller) {
      const piece = pieces.shift()
      if (piece) controller.enqueue(new Uint8Array(piece))
      else controller.close()
    },
  })
}

type Items = readonly (readonly [name: string, given: Given])[]

function sentOnExpress(items: Items, answer: OnExpress): NonNullable<Probe['express']> {
  return (app, stage) => {
    app.post('/:at', async (req, res, next) => {
      try {
        await text(req)
        answer(res, items[Number(req.params.at)]![1])
      } catch (error) {
        next(error)
      }
    })
    noteErrorsOnExpress(app, stage)
  }
}

function sentOnHono(items: Items, answer: OnHono): NonNullable<Probe['hono']> {
  return (app, stage) => {
    app.post('/:at', async (c) => {
      await c.req.text()
      return answer(c, items[Number(c.req.param('at'))]![1])
    })
    noteErrorsOnHono(app, stage)
  }
}

async function askForEach(client: Client, items: Items): Promise<Record<string, Answer>> {
  const got: Record<string, Answer> = {}
  for (const [at, [name]] of items.entries()) {
    got[name] = await client.exchange({ path: `/${at}`, headers: { 'X-Item': name } })
  }
  return got
}

const WHOLE = ['res.send', 'a Response']
const PIECEWISE = ['writes of a few bytes', 'a stream of a few bytes']

/** A probe for each way to answer: each answer is asked for on its own. */
function given(
  what: string,
  answers: Readonly<Record<string, Given>>,
  how?: readonly string[],
): Probe[] {
  const items = Object.entries(answers)
  const kept = items.flatMap(([, one]) => (one.kept === undefined ? [] : [one.kept]))
  const by = (way: string): Probe => ({
    name: `${what}, by ${way}`,
    play: (client) => askForEach(client, items),
    kept,
  })
  const probes: Probe[] = [
    ...Object.entries(ON_EXPRESS).map(([way, answer]) => ({
      ...by(way),
      express: sentOnExpress(items, answer),
    })),
    ...Object.entries(ON_HONO).map(([way, answer]) => ({
      ...by(way),
      hono: sentOnHono(items, answer),
    })),
  ]
  return how ? probes.filter(({ name }) => how.some((way) => name === by(way).name)) : probes
}

/** Answers that are hard to read for whoever looks on. */
export const HOSTILE_RESPONSES: readonly Probe[] = [
  ...given('answers that are not what they say', CONTENTS),
  ...given('answers with a coding, right or wrong', CODED, WHOLE),
  ...given('answers in parts, and long ones', LONG, PIECEWISE),
  ...given('broken streams of events and lines', STREAMS),
  ...given('unusual statuses and headers', HEADS),
  ...given('lengths of answers, right or wrong', LENGTHS),
]
