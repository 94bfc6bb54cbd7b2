import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CSVLogger,
  type FlaggingOptions,
  audio,
  file,
  image,
  json,
  label,
  text,
} from '@flagging/core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { type ButtonHost, type MakeDoublingApp, startButtonHost } from './element-host.ts'

/** What the tests of the review page need. */
export interface ReviewBench {
  readonly makeApp: MakeDoublingApp
  readonly browser: () => Browser
}

/** A sample to flag: values by label, a file as its name, type and bytes. */
interface Posted {
  readonly inputs?: Readonly<Record<string, unknown>>
  readonly outputs?: Readonly<Record<string, unknown>>
  readonly files?: Readonly<
    Record<string, { readonly name: string; readonly type: string; readonly bytes: Uint8Array }>
  >
  /** `Incorrect`, if nothing else is said. */
  readonly option?: string
  readonly comment?: string
}

/** A host whose flagged samples are reviewed. */
export interface ReviewHost extends ButtonHost {
  /** Flags a sample over HTTP. */
  flag(sample: Posted): Promise<void>
  /** What `authorize` answers to, by action. */
  readonly allowed: Set<string>
  /** Takes a stored file away. */
  removeFile(path: string): Promise<void>
  /** Where files may come from beside the host itself. */
  readonly fileOrigins?: readonly string[]
}

/** Starts an app with samples of every kind, posted over HTTP, and with the review page. */
export async function startReviewHost(
  makeApp: MakeDoublingApp,
  options: FlaggingOptions<never> = {},
): Promise<ReviewHost> {
  const allowed = new Set<string>(['flag', 'review', 'edit'])
  const host = await startButtonHost(makeApp, {
    inputs: [text('prompt'), json('data'), image('im'), audio('sound'), file('doc')],
    outputs: [text('Output'), label('scores')],
    options: ['Incorrect', 'Offensive'],
    comment: true,
    acceptData: true,
    review: true,
    authorize: (_, action) => allowed.has(action),
    callback: () => new CSVLogger({ columns: ['timestamp', 'id'], activeContent: true }),
    ...options,
  })
  return Object.assign(host, {
    allowed,
    removeFile: (path: string) => rm(join(host.dir, path)),
    flag: async (sample: Posted) => {
      const posted = { option: 'Incorrect', ...sample }
      const response = await fetch(`${host.url}/flag`, { method: 'POST', ...bodyOf(posted) })
      expect(await response.text()).toMatch(/^\{"count":\d+\}$/)
    },
  })
}

function bodyOf({ files, ...sample }: Posted): RequestInit {
  if (files === undefined) {
    const { inputs = {}, outputs = {}, ...rest } = sample
    const body = JSON.stringify({ inputs, outputs, ...rest })
    return { body, headers: { 'Content-Type': 'application/json' } }
  }
  const body = new FormData()
  for (const [name, value] of Object.entries({ ...sample.inputs, ...sample.outputs })) {
    body.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  for (const [name, { name: named, type, bytes }] of Object.entries(files)) {
    body.set(name, new Blob([Uint8Array.from(bytes)], { type }), named)
  }
  if (sample.option !== undefined) body.set('option', sample.option)
  if (sample.comment !== undefined) body.set('comment', sample.comment)
  return { body }
}

/**
 * Opens the review page as a reviewer does. Dialogs, errors, requests to elsewhere and what its policy
 * refuses fail the test.
 * @param expected errors of the network that the test brings about
 */
export async function openReview(
  browser: Browser,
  host: ReviewHost,
  query = '',
  options: BrowserContextOptions = {},
  expected = /^$/,
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1300, height: 850 }, ...options })
  page.setDefaultTimeout(10_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(message.text())) {
      complaints.push(message.text())
    }
  })
  page.on('request', (request) => {
    const allowed = [host.url, ...(host.fileOrigins ?? [])]
    if (!allowed.includes(new URL(request.url()).origin)) {
      complaints.push(`foreign: ${request.url()}`)
    }
  })
  // What the browser would report to the console is also sent to where the host can count it.
  await page.route(`${host.url}/flag/review*`, async (route) => {
    if (route.request().resourceType() !== 'document') return route.fallback()
    const response = await route.fetch()
    const headers = response.headers()
    const policy = headers['content-security-policy'] ?? ''
    await route.fulfill({
      response,
      headers: { ...headers, 'content-security-policy': `${policy}; report-uri /csp-report` },
    })
  })
  onTestFinished(async () => {
    await page.close()
    expect(complaints).toEqual([])
    expect(host.reports).toEqual([])
  })
  await page.goto(`${host.url}/flag/review${query}`)
  await page.getByRole('heading', { name: 'Samples', exact: true }).waitFor()
  return page
}
