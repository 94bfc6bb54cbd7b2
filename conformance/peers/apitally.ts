import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Express } from 'express'
import type { Hono } from 'hono'
import type { Mounted, SubjectContext } from '../src/subject.ts'
import { PEERS_DIR } from './install.ts'
import { bytesIn } from './journal.ts'
import { loadPeer } from './load-peer.ts'
import { Vendor } from './vendor.ts'

/** What it does to an app of either framework. */
type UseApitally<App> = (app: App, options: object) => void

/** What it keeps until the next upload, which comes after ten seconds. */
interface Client {
  getInstance(): {
    readonly requestLogger: {
      writeToFile(): Promise<void>
      rotateFile(): Promise<void>
      getFile(): { getContent(): Promise<Buffer> } | undefined
    }
  }
  shutdown(): Promise<void>
}

const OPTIONS = {
  clientId: '76b5cb91-a0a4-4ea0-a894-57d2b9fcb2c9',
  env: 'dev',
  requestLogging: {
    enabled: true,
    logRequestHeaders: true,
    logRequestBody: true,
    logResponseBody: true,
  },
}

let useExpress: UseApitally<Express>
let useHono: UseApitally<Hono>
let client: Client

/** What the table calls it. */
export const name = 'apitally'

export async function prepare(): Promise<void> {
  process.env.APITALLY_HUB_BASE_URL = (await Vendor.start()).url
  const temporary = join(PEERS_DIR, 'tmp')
  await mkdir(temporary, { recursive: true })
  const { TMPDIR } = process.env
  // Read when it is imported; what it leaves there must not stay on this machine.
  process.env.TMPDIR = temporary
  useExpress = (await loadPeer<{ useApitally: UseApitally<Express> }>('apitally/express'))
    .useApitally
  useHono = (await loadPeer<{ useApitally: UseApitally<Hono> }>('apitally/hono')).useApitally
  client = await loadClient()
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
}

/** As its documentation has it, with request logging and the bodies turned on. */
export function express(app: Express, _context: SubjectContext): Mounted {
  useExpress(app, OPTIONS)
  return { captured, close }
}

/** The same. */
export function hono(app: Hono, _context: SubjectContext): Mounted {
  useHono(app, OPTIONS)
  return { captured, close }
}

/** What it would upload next. */
async function captured(): Promise<Uint8Array> {
  const { requestLogger } = client.getInstance()
  await requestLogger.writeToFile()
  await requestLogger.rotateFile()
  const content = await requestLogger.getFile()?.getContent()
  if (!content) return Buffer.alloc(0)
  const lines = gunzipSync(content).toString().split('\n').filter(Boolean)
  return Buffer.concat(lines.flatMap((line) => bytesIn(JSON.parse(line, unwrapped))))
}

/** Bodies are stored in base64. */
function unwrapped(key: string, value: unknown): unknown {
  return key === 'body' && typeof value === 'string' ? Buffer.from(value, 'base64') : value
}

async function close(): Promise<void> {
  await client.shutdown()
}

async function loadClient(): Promise<Client> {
  const path = new URL('node_modules/apitally/dist/common/client.js', `file://${PEERS_DIR}`)
  const module = (await import(path.href)) as { readonly ApitallyClient: Client }
  return module.ApitallyClient
}
