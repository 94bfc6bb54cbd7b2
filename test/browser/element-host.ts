import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FlaggingOptions } from '@flagging/core'
import { onTestFinished } from 'vitest'

/** An app with the endpoint `POST /double`, which answers `{ n: 4 }` with `{ Output: 8 }`. */
interface DoublingApp {
  readonly server: Server
  close(): Promise<void>
}

/** Makes the app with flagging in front of its endpoint. */
export type MakeDoublingApp = (options: FlaggingOptions<never>) => DoublingApp

/** How much is played of what is core's, whichever adapter serves it. */
export interface Extent {
  /** Whether all of it is played behind another adapter: then this one leaves out what asks no more of it. */
  readonly isAnother?: boolean
}

/** No style, no script and no frame but the page's own files. */
const CSP =
  "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; media-src 'self'; " +
  'report-uri /csp-report'

const PAGE = `<!doctype html>
<html lang="en">
<title>A page</title>
<script type="module" src="/flag/button.js"></script>
<script type="module" src="/page.js"></script>
<main>
  <h1>Calculator</h1>
  <button id="run" type="button">Run</button>
  <flag-button></flag-button>
</main>
</html>`

const SCRIPT = `
const button = document.querySelector('flag-button')
window.told = []
for (const name of ['flag', 'unflag', 'flagerror']) {
  document.addEventListener(name, ({ detail }) => told.push([name, detail.code ?? detail]))
}
document.querySelector('#run').addEventListener('click', async () => {
  const headers = { 'Content-Type': 'application/json' }
  button.interaction = await fetch('/double', { method: 'POST', headers, body: '{"n":4}' })
})
`

const GALLERY = `<!doctype html>
<html lang="en">
<title>Examples</title>
<script type="module" src="/flag/examples.js"></script>
<script type="module" src="/gallery.js"></script>
<main>
  <h1>Examples</h1>
  <flag-examples page-size="2"></flag-examples>
  <form>
    <label>Prompt <input name="prompt"></label>
    <label>Sure <input name="sure" type="checkbox"></label>
    <label>Picture <input name="im" type="file"></label>
  </form>
</main>
</html>`

const GALLERY_SCRIPT = `
window.chosen = []
document.addEventListener('example', async ({ detail }) => {
  await detail.fill(document.querySelector('form'))
  chosen.push(detail.inputs)
})
`

const PAGES: Readonly<Record<string, string>> = {
  '/': PAGE,
  '/page.js': SCRIPT,
  '/gallery': GALLERY,
  '/gallery.js': GALLERY_SCRIPT,
}

/** A page of a host's with a button on it. */
export interface ButtonHost {
  readonly url: string
  /** Where samples are stored, unless the options say otherwise. */
  readonly dir: string
  /** What lies in the log; empty where there is none. */
  log(): Promise<string>
  /** What browsers have reported of the page's content security policy. */
  readonly reports: readonly string[]
  /** What the flag route was sent. */
  readonly posts: readonly string[]
  /** The addresses that were asked to take flags back. */
  readonly deletions: readonly string[]
  /** Answers the next requests to flag, or to take a flag back, instead of the flag route. */
  readonly instead: { status: number; headers?: Record<string, string>; body?: object }[]
  /** Holds those requests back until it settles. */
  hold: Promise<unknown> | undefined
}

/** Starts a host that has one endpoint, the flag routes, and a page with a strict policy. */
export async function startButtonHost(
  makeApp: MakeDoublingApp,
  options: FlaggingOptions<never> = {},
): Promise<ButtonHost> {
  const dir = await mkdtemp(join(tmpdir(), 'flagging-button-'))
  const app = makeApp({ dir: join(dir, 'flagged'), inputs: ['n'], ...options })
  const reports: string[] = []
  const posts: string[] = []
  const deletions: string[] = []
  const host = { reports, posts, deletions, instead: [] as ButtonHost['instead'], hold: undefined }
  const server = inFrontOf(app.server, host)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await app.close()
    await rm(dir, { recursive: true })
  })
  return Object.assign(host, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dir: join(dir, 'flagged'),
    log: () => readFile(join(dir, 'flagged/logs.csv'), 'utf8').catch(() => ''),
  })
}

function answer(res: ServerResponse, given: ButtonHost['instead'][number]): void {
  const headers = { 'content-type': 'application/problem+json', ...given.headers }
  res.writeHead(given.status, headers).end(JSON.stringify(given.body ?? {}))
}

/** What is no part of the app: the page, and what may go wrong on the way to the flag route. */
function inFrontOf(inner: Server, host: Omit<ButtonHost, 'url' | 'dir' | 'log'>): Server {
  const posts = host.posts as string[]
  const deletions = host.deletions as string[]
  return createServer((req, res) => {
    const page = PAGES[req.url ?? '']
    if (page !== undefined) {
      const type = req.url?.endsWith('.js') ? 'text/javascript' : 'text/html'
      res.writeHead(200, { 'content-type': type, 'content-security-policy': CSP }).end(page)
    } else if (req.url === '/favicon.ico') {
      res.writeHead(204).end()
    } else if (req.url === '/csp-report') {
      req.setEncoding('utf8').on('data', (text: string) => (host.reports as string[]).push(text))
      res.writeHead(204).end()
    } else if (/^\/flag\/[\w-]{22}$/.test(req.url ?? '') && req.method === 'DELETE') {
      deletions.push(req.url ?? '')
      void Promise.resolve(host.hold).then(() => {
        const instead = host.instead.shift()
        if (!instead) return void inner.emit('request', req, res)
        answer(res, instead)
      })
    } else if (req.url === '/flag' && req.method === 'POST') {
      posts.push('')
      const at = posts.length - 1
      req.prependListener('data', (chunk: Buffer) => (posts[at] += chunk.toString()))
      req.pause()
      void Promise.resolve(host.hold).then(() => {
        const instead = host.instead.shift()
        if (!instead) return void inner.emit('request', req, res)
        req.resume()
        answer(res, instead)
      })
    } else inner.emit('request', req, res)
  })
}
