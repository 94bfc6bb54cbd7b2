import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROBES } from '../probes/probes.ts'
import type { HostName } from '../src/hosts.ts'
import type { Probe } from '../src/probe.ts'
import { verdictsOn } from '../src/run.ts'
import { Scrub } from '../src/scrub.ts'
import { ServerHandle } from '../src/server-handle.ts'
import { FLAW_FILE } from './any-flaw.ts'

/** A flaw, the probe that must notice it, and what it must say. */
type Catch = readonly [flaw: string, host: HostName, probe: string, says: RegExp]

const RETURNS = 'res.write returns whether to go on, res.end returns the response'
const UNTOUCHED = 'a request is untouched when the handler gets it'
const LATE = 'a parser finds the whole body when it comes late'
const UNREAD = 'nothing is read of the body, and nobody listens for it, before the handler does'
const LIGHT = 'nothing makes the light-weight request heavy before the handler does'
const EACH_PIECE = 'each piece of an answer reaches the client before the next one is made'
const EACH_EVENT = 'each event of a stream reaches the client before the next one is made'
const SOURCE_HELD_BACK = 'a client that reads slowly holds the source back, and gets every byte'
const CANCELLED = 'a stream that waits is cancelled when the client leaves'
const FRAMING = 'the framing of one write, of many in a turn, and of more in the next'
const STEP_BY_STEP = 'what the response says of itself, step by step'
const SPELLING = 'headers keep their spelling and their order'
const LISTENERS = 'nobody has added listeners that change what errors do'
const THROWN = 'a handler that throws an error at once is answered as ever'
const IDENTITY = 'req and res are what Express made them, and know each other'
const C_JSON = 'c.json() answers with its type and length'
const HUNG = /became "failed: hung"/

const CATCHES: readonly Catch[] = [
  ['write-returns-nothing', 'express5', RETURNS, /writes\.0: true became null/],
  ['end-returns-nothing', 'express5', RETURNS, /end returns itself: true became false/],
  ['end-without-callback', 'express5', 'res.end with a callback alone', /"ended" became/],
  ['listens-for-data', 'express5', UNTOUCHED, /readableFlowing: null became true/],
  ['listens-for-data', 'express5', LATE, /client\.body/],
  ['sets-an-encoding', 'express5', UNTOUCHED, /readableEncoding: null became "utf8"/],
  ['drains-the-request', 'express5', 'express.json, behind the capture', /client.* became/],
  ['drains-the-request', 'hono', UNREAD, /client.* became/],
  ['holds-the-answer-back', 'express5', EACH_PIECE, HUNG],
  ['holds-the-answer-back', 'hono', EACH_EVENT, HUNG],
  ['adds-a-header', 'express5', 'res.json', /X-Captured: yes/],
  ['adds-a-header', 'hono', C_JSON, /x-captured/i],
  ['removes-a-header', 'express5', 'res.json', /X-Powered-By/],
  ['sets-the-status', 'express5', 'res.send of a text', /200 OK.*202/],
  ['sets-the-status', 'hono', C_JSON, /status: 200 became 202/],
  ['throws-at-finish', 'express5', 'res.json', /faults.*uncaught.*the log is full/],
  ['ends-the-process', 'express5', 'res.sendStatus', /faults.*the process ended with 3/],
  ['rejects-afterwards', 'express5', 'res.json', /faults.*unhandled rejection.*the log is full/],
  ['rejects-afterwards', 'hono', C_JSON, /faults.*unhandled rejection.*the log is full/],
  ['ignores-back-pressure', 'express5', RETURNS, /writes\.\d: false became true/],
  ['ignores-back-pressure', 'hono', SOURCE_HELD_BACK, /held back: true became false/],
  ['joins-chunks', 'express5', FRAMING, /client.*one.*two.* became .*onetwo/],
  ['ends-later', 'express5', STEP_BY_STEP, /writableEnded true.*writableEnded false/],
  ['swallows-errors', 'express5', LISTENERS, /error 0.*error 1/],
  ['swallows-errors', 'hono', THROWN, /status: 500 became 200/],
  ['ignores-the-encoding', 'express5', 'res.write in every encoding', /client.* became/],
  ['loses-the-cancel', 'hono', CANCELLED, HUNG],
  ['rebuilds-the-response', 'hono', SPELLING, /client.* became/],
  ['clones-the-request', 'hono', LIGHT, /app|client/],
  ['replaces-the-request', 'hono', LIGHT, /app|client/],
  ['shadows-the-response', 'express5', IDENTITY, /own: true became false/],
  ['keeps-a-reference', 'express5', 'a buffer that is used again after res.write', /not captured/],
  ['misses-the-end', 'express5', 'res.json', /not captured/],
]

const found = new Map<Catch, readonly string[]>()
const foundOnNothing: string[] = []
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'conformance-flaws-'))
  for (const host of ['express5', 'hono'] as const) await playAllOn(host)
}, 300_000)

afterAll(async () => {
  delete process.env[FLAW_FILE]
  await rm(dir, { recursive: true, force: true })
})

describe('a flaw is caught by the probe that is made for it', () => {
  for (const one of CATCHES) {
    const [flaw, host, probe, says] = one
    it(`${flaw} on ${host}: ${probe}`, () => expect(found.get(one)?.join('\n')).toMatch(says))
  }
})

it('says nothing about an app to which nothing was done', () => {
  expect(foundOnNothing).toEqual([])
})

async function playAllOn(host: HostName): Promise<void> {
  const flaw = join(dir, host)
  process.env[FLAW_FILE] = flaw
  const servers = {
    bare: new ServerHandle(host, undefined),
    tapped: [new ServerHandle(host, new URL('any-flaw.ts', import.meta.url).href)],
  }
  const scrub = new Scrub([], host === 'hono')
  const wordsOn = async (name: string, patience?: number): Promise<readonly string[]> => {
    const [verdict] = await verdictsOn(named(name), host, servers, scrub, patience)
    return [...verdict!.differences, ...(verdict!.kept === false ? ['not captured'] : [])]
  }
  try {
    const here = CATCHES.filter(([, on]) => on === host)
    for (const one of here) {
      await writeFile(flaw, one[0])
      // What is expected to hang need not be waited for as long as what is not.
      found.set(one, await wordsOn(one[2], one[3] === HUNG ? 3000 : undefined))
    }
    await writeFile(flaw, 'none')
    for (const name of new Set(here.map(([, , probe]) => probe))) {
      foundOnNothing.push(...(await wordsOn(name)))
    }
  } finally {
    await Promise.all([servers.bare, ...servers.tapped].map((server) => server.kill()))
  }
}

function named(name: string): Probe {
  const probe = PROBES.find((one) => one.name === name)
  if (!probe) throw new Error(`There is no probe "${name}"`)
  return probe
}
