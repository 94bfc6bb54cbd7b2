import { DirectoryFiles, type FileStore, PostgresLogger } from '@flagging/postgres-logger'
import { S3Files } from '@flagging/postgres-logger/s3'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../../../../test/browser/launch-chromium.ts'
import {
  type ReviewHost,
  openReview,
  startReviewHost,
} from '../../../../test/browser/review-host.ts'
import { png } from '../../../../test/contract/png.ts'
import { doublingApp } from '../../../hono-adapter/test/doubling-app.ts'
import { temporaryFolder } from '../samples/store.ts'
import { createBucket } from '../servers/bucket.ts'
import { createDatabase } from '../servers/database.ts'

let browser: Browser

async function started(files: FileStore, presign: boolean): Promise<ReviewHost> {
  const connection = await createDatabase()
  const callback = new PostgresLogger({ connection, files, presign, direct: true })
  await callback.migrate()
  return startReviewHost((options) => doublingApp({ ...options, callback }))
}

function picture(name: string, n: number) {
  return { im: { name: `${name}.png`, type: 'image/png', bytes: png(n) } }
}

describe('the review page over PostgreSQL', () => {
  beforeAll(async () => {
    browser = await launchChromium()
  }, 120_000)
  afterAll(() => browser?.close())

  test('shows what comes in, finds, marks and deletes it', async () => {
    const host = await started(new DirectoryFiles(temporaryFolder()), false)
    await host.flag({ inputs: { prompt: 'first' }, outputs: { Output: 'a' }, option: 'Offensive' })
    const page = await openReview(browser, host)
    await page.getByRole('link', { name: 'first' }).waitFor()
    await host.flag({
      inputs: { prompt: 'second', data: { deep: ['x'] } },
      outputs: { Output: 'b', scores: { cat: 0.7, dog: 0.3 } },
      files: picture('cat', 2),
      comment: 'odd',
    })
    const row = page.getByRole('link', { name: 'second' })
    await row.waitFor()
    await expect.poll(() => shownPictures(page)).toBe(1)
    await page
      .getByRole('group', { name: 'Reason' })
      .getByRole('button', { name: 'Incorrect 1' })
      .click()
    await expect.poll(() => page.getByRole('link', { name: 'first' }).count()).toBe(0)
    await row.click()
    const sample = page.getByRole('region', { name: 'Sample' })
    await sample.getByText('odd').waitFor()
    await sample.getByRole('button', { name: 'Mark reviewed' }).click()
    await sample.getByRole('button', { name: 'Reviewed', pressed: true }).waitFor()
    await page.reload()
    await sample.getByRole('button', { name: 'Reviewed', pressed: true }).waitFor()
    await sample.getByRole('button', { name: 'Delete' }).click()
    const dialog = page.getByRole('dialog', { name: 'Delete 1 sample?' })
    await dialog.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('No sample matches.').first().waitFor()
    await page.goto(`${host.url}/flag/review`)
    await page.getByRole('link', { name: 'first' }).waitFor()
    await page.getByText('1 sample', { exact: true }).waitFor()
  })

  test('has pictures and downloads from the bucket, and what it reads by itself from its host', async () => {
    const { bucket, client } = await createBucket()
    const host = await started(new S3Files({ bucket, client }), true)
    const origin = typeof client.endpoint === 'string' ? client.endpoint : ''
    Object.assign(host, { fileOrigins: [origin] })
    const html = {
      name: 'page.html',
      type: 'text/html',
      bytes: Buffer.from('<script>alert(1)</script>'),
    }
    await host.flag({
      inputs: { prompt: 'x'.repeat(1_100_000) },
      files: { ...picture('cat', 2), doc: html },
    })
    // The test's own policy makes it a page from nowhere, which may not reach this machine by itself.
    const page = await openReview(browser, host, '', { permissions: ['local-network-access'] })
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).origin))
    await page.getByRole('link', { name: 'cat.png' }).or(page.locator('a.summary')).first().click()
    await expect.poll(() => shownPictures(page)).toBe(2)
    expect(asked).toContain(origin)
    // What the page reads by itself comes through the host.
    await page.getByRole('button', { name: 'Show as text' }).click()
    await page.getByText('xxxxxxxxxx').first().waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page
        .locator('.file', { hasText: 'page.html' })
        .getByRole('link', { name: 'Download' })
        .click(),
    ])
    expect(new URL(download.url()).origin).toBe(origin)
    expect(download.suggestedFilename()).toMatch(/\.bin$/)
  })
})

/** How many pictures are really there. */
function shownPictures(page: { evaluate(script: string): Promise<unknown> }): Promise<unknown> {
  return page.evaluate('[...document.images].filter((image) => image.naturalWidth > 0).length')
}
