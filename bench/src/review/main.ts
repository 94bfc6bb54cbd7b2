import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { fillDataset } from './fill-dataset.ts'

interface Page {
  readonly samples: readonly { readonly key: string }[]
  readonly next: string | null
  readonly searched: number
}

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, dir: { type: 'string' } },
})
const made = values.dir ?? (await mkdtemp(join(tmpdir(), 'flagging-review-bench-')))
const dir = join(made, 'flagged')
if (!existsSync(dir)) await fillDataset(dir, Number(values.rows))

const app = fork(join(import.meta.dirname, 'app-process.ts'), [dir], {
  execArgv: [...process.execArgv, '--conditions=@flagging/source'],
})
try {
  const [{ port }] = (await once(app, 'message')) as [{ port: number }]
  await measure(`http://127.0.0.1:${port}`)
} finally {
  app.kill()
  if (values.dir === undefined) await rm(made, { recursive: true })
}

async function measure(origin: string): Promise<void> {
  const get = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${origin}/flag/review/${path}`)).json()) as T
  const list = async (query: string): Promise<Page> => get<Page>(`samples?limit=50&${query}`)
  const whole = async (query: string): Promise<{ found: number; last: string | null }> => {
    let found = 0
    let last: string | null = null
    do {
      const page: Page = await list(`${query}${last === null ? '' : `&cursor=${last}`}`)
      found += page.samples.length
      last = page.next
    } while (last !== null && found < 50)
    return { found, last }
  }
  await ask(origin)
  say('before anybody reviews', 0, await memory())
  await timed('first view (a thread is made for it)', () => list(''))
  await timed('first view again', () => list(''))
  await timed('oldest first', () => list('sort=oldest'))
  await timed('a word that one row has', () => whole('q=unicorn'))
  await timed('words that most rows have', () => whole('q=picture+bright'))
  await timed('a user of whom the oldest rows are', () => whole('user=user1'))
  await timed('counts of all', async () => {
    for (let done = false; !done;) ({ done } = await get<{ done: boolean }>('counts'))
  })
  await timed('counts again', () => get('counts'))
  await timed('that user again', () => whole('user=user1'))
  await timed('an option of one in a thousand', () => whole('option=rare'))
  await timed('a day in the middle', () => whole('from=2025-01-01&to=2025-01-02'))
  await timed('the slowest', () => whole('sort=slowest'))
  const middle = await whole('to=2025-01-01')
  await timed('the page behind that day', () => list(`to=2025-01-01&cursor=${middle.last}`))
  let deep: Page = await list('')
  let cursor = deep.next
  let pages = 1
  for (; pages < 1000 && deep.next !== null; pages++) {
    cursor = deep.next
    deep = await list(`cursor=${cursor}`)
  }
  await timed(`page ${pages}, by scrolling`, () => list(`cursor=${cursor}`))
  const key = (deep.samples[0] ?? (await list('')).samples[0])?.key ?? ''
  await timed('one sample of it', () => get(`samples/${key}`))
  await timed('its picture', async () =>
    (await fetch(`${origin}/flag/review/files/${key}/1`)).arrayBuffer(),
  )
  await timed('what came in since (nothing)', async () => {
    const { newest } = (await list('limit=1')) as unknown as { newest: string }
    return list(`after=${newest}`)
  })
  const quiet = await hostLatency(origin, async () => undefined)
  const busy = await hostLatency(origin, () => whole('q=nowhere'))
  say('host, median of a request, nobody reviews', quiet, await memory())
  say('host, median of a request, during a search', busy, await memory())
}

/** What one of the host's own requests takes while something else is done. */
async function hostLatency(origin: string, work: () => Promise<unknown>): Promise<number> {
  const taken: number[] = []
  let isOver = false
  const working = work().finally(() => (isOver = true))
  while (!isOver || taken.length < 200) {
    const start = performance.now()
    await ask(origin)
    taken.push(performance.now() - start)
  }
  await working
  return taken.toSorted((a, b) => a - b)[taken.length >> 1] ?? 0
}

async function ask(origin: string): Promise<void> {
  const answer = await fetch(`${origin}/ask`, { method: 'POST', body: '{"a":1}' })
  await answer.arrayBuffer()
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now()
  await work()
  say(what, performance.now() - start, await memory())
}

async function memory(): Promise<number> {
  app.send('memory')
  const [{ mebibytes }] = (await once(app, 'message')) as [{ mebibytes: number }]
  return mebibytes
}

function say(what: string, ms: number, mebibytes: number): void {
  const time = ms < 10 ? ms.toFixed(2) : ms.toFixed(0)
  const line = `${what.padEnd(46)} ${time.padStart(8)} ms ${mebibytes.toFixed(0).padStart(6)} MiB`
  process.stdout.write(`${line}\n`)
}
