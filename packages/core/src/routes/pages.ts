import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { bytesOf, pathSource } from '../store/byte-source.ts'
import { nodeFileSystem } from '../store/node-file-system.ts'
import type { RouteAnswer, RouteRequest } from './route-request.ts'

/** A file of the package that browsers load. */
interface Page {
  readonly text: string
  readonly etag: string
}

const pages = new Map<string, Promise<Page>>()

/** Answers with a script or style of the package; a browser that has it as it is gets a 304. */
export async function pageFile(name: string, { header }: RouteRequest): Promise<RouteAnswer> {
  const { text, etag } = await pageNamed(name)
  const headers = {
    // Asked for again each time, for a new version has the same address.
    'Cache-Control': 'no-cache',
    ETag: etag,
    'X-Content-Type-Options': 'nosniff',
  }
  const isKnown =
    header('if-none-match')
      ?.split(/\s*,\s*/)
      .includes(etag) === true
  if (isKnown) return { status: 304, headers, body: null }
  return {
    status: 200,
    headers: {
      ...headers,
      'Content-Type': `text/${name.endsWith('.css') ? 'css' : 'javascript'}; charset=utf-8`,
    },
    body: text,
  }
}

/** Read once; what could not be read is tried again. */
function pageNamed(name: string): Promise<Page> {
  let page = pages.get(name)
  if (page === undefined) {
    page = readPage(name)
    pages.set(name, page)
    page.catch(() => pages.delete(name))
  }
  return page
}

async function readPage(name: string): Promise<Page> {
  const path = fileURLToPath(new URL(`../../pages/${name}`, import.meta.url))
  const { size } = await nodeFileSystem.stat(path)
  const text = Buffer.from(await bytesOf(pathSource(nodeFileSystem, path, size))).toString()
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 22)
  return { text, etag: `"${hash}"` }
}
