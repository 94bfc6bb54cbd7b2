// The side of a child process: a host, and what is measured from within.
import { mkdirSync } from 'node:fs'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import type { Flagging, FlaggingCallback, FlaggingOptions } from '@flagging/core'
import type { Faults, HostJob, Questions, SourceCount } from './protocol.ts'
import { PromiseCount, TurnWatch, read } from './readings.ts'
import { handlerListeners, sources } from './sources.ts'

/** A framework's host of the routes, with its flagging where it is no control. */
export interface Host {
  readonly server: Server
  readonly flagging: Flagging | undefined
}

type Answers = {
  readonly [Name in keyof Questions]: () => Questions[Name] | Promise<Questions[Name]>
}

const seen: string[] = []
const reported: Record<string, number> = {}

/** Serves the host that `make` makes, and answers the parent's questions. */
export function serve(make: (job: HostJob, options: FlaggingOptions<object>) => Host): void {
  const job = JSON.parse(process.argv[2] ?? '{}') as HostJob
  process.env['TMPDIR'] = job.scratch
  mkdirSync(job.scratch, { recursive: true })
  watchFaults()
  const { server, flagging } = make(job, optionsOf(job))
  const requests = new LiveRequests(server)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  answerQuestions(answersOf(server, flagging, requests, sockets))
  process.on('disconnect', () => process.exit())
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ port: (server.address() as AddressInfo).port })
  })
}

function optionsOf({ flagged, options, callback, scratch }: HostJob): FlaggingOptions<object> {
  return {
    mode: flagged === 'bare' ? 'never' : flagged,
    dir: join(scratch, 'flagged'),
    onError: report,
    ...(callback === 'csv' ? {} : { callback: callback === 'count' ? counting() : STUCK }),
    ...options,
  }
}

function counting(): FlaggingCallback {
  let count = 0
  return { setup: () => {}, flag: () => ++count }
}

const STUCK: FlaggingCallback = { setup: () => {}, flag: () => new Promise<number>(() => {}) }

function report(error: unknown): void {
  const { code, message } = error as NodeJS.ErrnoException
  const key = code ?? message
  reported[key] = (reported[key] ?? 0) + 1
}

function watchFaults(): void {
  const note = (what: string) => (error: unknown) =>
    seen.push(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  process.on('unhandledRejection', note('unhandled rejection'))
  process.on('uncaughtException', note('uncaught exception'))
  process.on('warning', note('warning'))
}

/** Counts requests that are still reachable. */
class LiveRequests {
  count = 0
  readonly #registry = new FinalizationRegistry<undefined>(() => this.count--)

  constructor(server: Server) {
    server.prependListener('request', (request: IncomingMessage) => {
      this.count++
      this.#registry.register(request, undefined)
    })
  }
}

function answersOf(
  server: Server,
  flagging: Flagging | undefined,
  requests: LiveRequests,
  sockets: ReadonlySet<Socket>,
): Answers {
  let turns: TurnWatch | undefined
  let promises: PromiseCount | undefined
  const stats = () => flagging?.stats() ?? NO_STATS
  return {
    reading: () => read(server, () => requests.count),
    source: () => ({ ...sources, ...bytesOf(sockets) }),
    stats,
    faults: (): Faults => ({ process: seen, reported }),
    watchTurns: () => ((turns = new TurnWatch()), null),
    turns: () => (turns as TurnWatch).stop(),
    countPromises: () => ((promises = new PromiseCount()), null),
    promises: () => (promises as PromiseCount).stop(),
    listenersInHandler: () => handlerListeners,
    quiet: () => until(() => sockets.size === 0 && isIdle(stats())),
    stored: () => until(() => stats().pending === 0),
    close: () =>
      (flagging?.close() ?? Promise.resolve()).then(
        () => false,
        (error: NodeJS.ErrnoException) => error.code === 'ERR_FLAGGING_CALLBACK',
      ),
  }
}

const NO_STATS = {
  pending: 0,
  stored: 0,
  failed: 0,
  dropped: 0,
  held: 0,
  memoryBytes: 0,
  spillBytes: 0,
}

/** What is held to be flagged may stay: nothing else is under way. */
function isIdle({ pending, held, memoryBytes, spillBytes }: typeof NO_STATS): boolean {
  return pending === 0 && (held > 0 || (memoryBytes === 0 && spillBytes === 0))
}

function bytesOf(sockets: ReadonlySet<Socket>): Pick<SourceCount, 'queued' | 'received'> {
  let queued = 0
  let received = 0
  for (const socket of sockets) {
    const { writeQueueSize = 0 } =
      (socket as unknown as { _handle?: { writeQueueSize?: number } | null })._handle ?? {}
    queued += socket.writableLength + writeQueueSize
    received += socket.bytesRead
  }
  return { queued, received }
}

async function until(condition: () => boolean): Promise<null> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
  return null
}

function answerQuestions(answers: Answers): void {
  process.on('message', async ({ nth, question }: { nth: number; question: keyof Questions }) => {
    const answer = await answers[question]()
    if (process.connected) process.send?.({ nth, answer })
  })
}
