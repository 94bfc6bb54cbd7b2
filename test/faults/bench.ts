import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { CSVLogger, type Flagging, type FlaggingStats, readSamples } from '@flagging/core'
import { type Adapter, type Mounted, route, type Server } from '../contract/host.ts'
import { bytesOf } from '../contract/host.ts'
import { call, inTime, type Received, type Reply } from './client.ts'
import { type Mode, type Scenario, SECRET } from './scenarios.ts'
import { aside } from './switch.ts'

/** What one playing of a scenario came to. */
export interface Played {
  readonly answer: Received
  readonly id: string | undefined
  /** The status of the flag by hand, if one was sent. */
  readonly flagged: number | undefined
  /** What went to `onError`. */
  readonly errors: readonly unknown[]
  /** What was rejected or thrown where nobody handles it. */
  readonly unhandled: readonly unknown[]
  readonly stats: FlaggingStats
}

/** Answers on their way: a response is only over when its connection has told so. */
const answering = new Set<ServerResponse>()

function onRequest(message: unknown): void {
  const { response } = message as { response: ServerResponse }
  answering.add(response)
  response.on('close', () => answering.delete(response))
}

/** Less than what a spilled upload takes in memory until it is in its file; what is held takes far less. */
const SPILLED_BYTES = 100_000

/** A sample as text, without what differs each time. */
export type SampleText = string

/** A host behind flagging that a scenario is played on, time after time. */
export class Bench {
  readonly #server: Server
  readonly #mounted: Mounted
  readonly #root: string
  readonly #mode: Mode
  readonly #scenario: Scenario
  readonly #errors: unknown[]
  readonly #patience: number
  readonly #unhandled: unknown[] = []

  private constructor(
    parts: {
      server: Server
      mounted: Mounted
      root: string
      errors: unknown[]
      patience: number
    },
    mode: Mode,
    scenario: Scenario,
  ) {
    this.#server = parts.server
    this.#mounted = parts.mounted
    this.#root = parts.root
    this.#errors = parts.errors
    this.#patience = parts.patience
    this.#mode = mode
    this.#scenario = scenario
    subscribe('http.server.request.start', onRequest)
    process.on('unhandledRejection', this.#note)
    process.on('uncaughtException', this.#note)
  }

  readonly #note = (error: unknown) => void this.#unhandled.push(error)

  /** @param patience milliseconds that what is under way may take */
  static async open(
    adapter: Adapter,
    mode: Mode,
    scenario: Scenario,
    patience = 10_000,
  ): Promise<Bench> {
    const root = await mkdtemp(join(tmpdir(), 'flagging-faults-'))
    const errors: unknown[] = []
    const mounted = adapter.flagging({
      ...scenario.options,
      mode: mode === 'flagged' ? 'manual' : mode,
      dir: join(root, 'flagged'),
      callback: () => new CSVLogger({ columns: ['truncated', 'ended'], fsync: 'none' }),
      limits: { held: 1, ...scenario.options?.limits },
      onError: (error) => aside(() => errors.push(error)),
    })
    const server = await serve(adapter, scenario, mounted)
    return new Bench({ server, mounted, root, errors, patience }, mode, scenario)
  }

  /** Plays the scenario and waits until nothing of it is under way any longer. */
  play(nonce: string): Promise<Played> {
    const { path, sent } = this.#scenario.request(nonce)
    return this.#played(() => call(this.#server, path, sent))
  }

  /** Asks for something plain: what went before must not show. */
  probe(nonce: string): Promise<Played> {
    return this.#played(() => call(this.#server, '/probe', probeOf(nonce)))
  }

  /** Closes everything; gives what the flagging holds afterwards, and the samples by nonce. */
  async close(): Promise<{ stats: FlaggingStats; samples: Map<string, SampleText[]> }> {
    await this.#server.close()
    try {
      await inTime(this.#flagging.close(), 'close() does not come to an end')
      const samples = await samplesOf(join(this.#root, 'flagged'))
      return { stats: this.#flagging.stats(), samples }
    } finally {
      unsubscribe('http.server.request.start', onRequest)
      process.off('unhandledRejection', this.#note)
      process.off('uncaughtException', this.#note)
      await rm(this.#root, { recursive: true, force: true })
    }
  }

  get #flagging(): Flagging {
    return this.#mounted.flagging
  }

  async #played(exchange: () => Promise<Reply>): Promise<Played> {
    const from = { errors: this.#errors.length, unhandled: this.#unhandled.length }
    const { id, ...answer } = await exchange()
    await this.#settled()
    const flagged = this.#mode === 'flagged' && id !== undefined ? await this.#flag(id) : undefined
    await this.#settled()
    return {
      answer,
      id,
      flagged,
      errors: this.#errors.slice(from.errors),
      unhandled: this.#unhandled.slice(from.unhandled),
      stats: aside(() => this.#flagging.stats()),
    }
  }

  async #flag(id: string): Promise<number> {
    const { status } = await call(this.#server, '/flag', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: [
        JSON.stringify({ id, ...(this.#scenario.options?.options && { option: 'Incorrect' }) }),
      ],
    })
    return status
  }

  async #settled(): Promise<void> {
    const until = Date.now() + this.#patience
    // What is gathered need not wait for the clock.
    void aside(() => this.#flagging.flush()).catch(() => undefined)
    let quiet = 0
    while (quiet < 3 && Date.now() < until) {
      // What is gathered waits for the clock: until then, turns would only keep both cores busy.
      await (quiet > 0 ? turn() : delay(1))
      const { pending, memoryBytes } = aside(() => this.#flagging.stats())
      const isQuiet = pending === 0 && answering.size === 0 && memoryBytes < SPILLED_BYTES
      quiet = isQuiet ? quiet + 1 : 0
    }
  }
}

/** The answers of the same host without flagging. */
export async function bare(
  adapter: Adapter,
  scenario: Scenario,
  nonce: string,
): Promise<Received[]> {
  const server = await serve(adapter, scenario, undefined)
  const { path, sent } = scenario.request(nonce)
  const replies = [await call(server, path, sent), await call(server, '/probe', probeOf(nonce))]
  await server.close()
  return replies.map((reply) => {
    const { id, ...answer } = reply
    return id === undefined ? answer : reply
  })
}

function serve(
  adapter: Adapter,
  scenario: Scenario,
  mounted: Mounted | undefined,
): Promise<Server> {
  const entries = scenario.entries({
    mounted,
    override: (overrides) => (mounted ? [adapter.flagging(mounted.flagging, overrides)] : []),
  })
  const probe = route('POST /probe', async (request) => ({
    headers: [['content-type', 'application/json']],
    body: await bytesOf(request),
  }))
  return adapter.serve([...entries, probe])
}

function probeOf(nonce: string) {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: [JSON.stringify({ note: `${nonce}-probe`, deep: 1 })],
  }
}

/** The key of samples that show no nonce. */
export const NAMELESS = 'no nonce'

async function samplesOf(dir: string): Promise<Map<string, SampleText[]>> {
  const samples = new Map<string, SampleText[]>()
  for await (const { inputs, outputs, details } of readSamples(dir)) {
    // Which log of its dataset it is in depends on what came before.
    const told = { truncated: details.truncated, ended: details.ended }
    const text = JSON.stringify([await plain(inputs), await plain(outputs), told])
    const nonce = /nonce-\d+(?:-probe)?/.exec(text)?.[0] ?? NAMELESS
    samples.set(nonce, [...(samples.get(nonce) ?? []), text.replaceAll(nonce, 'nonce')])
  }
  return samples
}

async function plain(values: Readonly<Record<string, unknown>>): Promise<unknown[]> {
  const entries: unknown[] = []
  for (const [label, value] of Object.entries(values)) {
    // Columns that a later sample has brought are empty in this one.
    if (value === null) continue
    const isFile = typeof (value as { bytes?: unknown }).bytes === 'function'
    entries.push([
      label,
      isFile ? await digestOf(value as Blob & { bytes(): Promise<Uint8Array> }) : value,
    ])
  }
  return entries
}

/** A file as its digest, and as what it must not show. */
async function digestOf(file: { bytes(): Promise<Uint8Array> }): Promise<string> {
  const bytes = Buffer.from(await file.bytes())
  const shown = bytes.includes(SECRET) ? SECRET : ''
  return createHash('sha256').update(bytes).digest('hex') + shown
}
