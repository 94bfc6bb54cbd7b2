import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CSVLogger, type FlagDetails, text } from '@flagging/core'
import { expect, it, onTestFinished } from 'vitest'
import { barriers } from './axe.ts'
import { type ReviewBench, openReview, startReviewHost } from './review-host.ts'
import { PNG } from './stored.ts'

/** How the samples are found, and the page around them. */
export function describeReviewList({ makeApp, browser }: ReviewBench): void {
  it('filters, searches and sorts, all of it in the address', async () => {
    const host = await startReviewHost(makeApp, { options: ['Incorrect', 'Offensive', 'Other'] })
    for (const [n, kind] of ['gala', 'fuji', 'pippin', 'idared'].entries()) {
      const option = n % 2 === 1 ? 'Incorrect' : 'Offensive'
      await host.flag({ inputs: { prompt: `apple ${kind}` }, option })
    }
    await host.flag({ inputs: { prompt: 'pear' }, option: 'Other' })
    const page = await openReview(browser(), host)
    const shown = () => page.locator('.row .values').allTextContents()
    const prompts = (...names: string[]) => names.map((name) => `prompt ${name} `)
    await expect
      .poll(shown)
      .toEqual(prompts('pear', 'apple idared', 'apple pippin', 'apple fuji', 'apple gala'))

    const reasons = page.getByRole('group', { name: 'Reason' })
    await reasons.getByRole('button', { name: 'Offensive 2' }).click()
    await expect.poll(shown).toEqual(prompts('apple pippin', 'apple gala'))
    // The other bars stay, to be chosen instead.
    await reasons.getByRole('button', { name: 'Other 1' }).click()
    await expect.poll(shown).toEqual(prompts('pear'))
    await page.goBack()
    await expect.poll(shown).toEqual(prompts('apple pippin', 'apple gala'))

    await page.getByLabel('Sort').selectOption('Oldest')
    await expect.poll(shown).toEqual(prompts('apple gala', 'apple pippin'))
    await page.getByRole('searchbox', { name: 'Search' }).fill('PIPPIN apple')
    await expect.poll(shown).toEqual(prompts('apple pippin'))
    await page.reload()
    await expect.poll(shown).toEqual(prompts('apple pippin'))
    expect(await page.getByRole('searchbox', { name: 'Search' }).inputValue()).toBe('PIPPIN apple')
    await page.getByRole('button', { name: 'Clear all' }).click()
    await expect.poll(async () => (await shown()).length).toBe(5)
    expect(new URL(page.url()).search).toBe('?sort=oldest')

    await page.getByLabel('From').fill('2001-01-01')
    await page.getByLabel('Until').fill('2001-01-31')
    await page.getByText('No sample matches.').first().waitFor()
    expect(new URL(page.url()).search).toBe('?from=2001-01-01&to=2001-02-01&sort=oldest')
  })

  it('takes an address of nonsense for one without it', async () => {
    const host = await startReviewHost(makeApp)
    await host.flag({ inputs: { prompt: 'only' } })
    const page = await openReview(
      browser(),
      host,
      '?sort=__proto__&marks=NaN&from=2026-02-31&to=x&sample=../../about&page=-1&q=',
    )
    await page.getByRole('link', { name: 'only' }).waitFor()
    expect(await page.getByRole('list', { name: 'Active filters' }).count()).toBe(0)
  })

  it('puts new samples on top, but does not move what is being read', async () => {
    const host = await startReviewHost(makeApp)
    await host.flag({ inputs: { prompt: 'one' } })
    const page = await openReview(browser(), host)
    await page.getByRole('link', { name: 'one' }).waitFor()
    await host.flag({ inputs: { prompt: 'two' } })
    await page.getByRole('link', { name: 'two' }).click()
    await host.flag({ inputs: { prompt: 'three' } })
    await host.flag({ inputs: { prompt: 'four' } })
    const pill = page.getByRole('button', { name: '2 new' })
    await pill.waitFor()
    expect(await page.locator('.row').count()).toBe(2)
    expect(await page.title()).toBe('(2) Flagged samples')
    await pill.click()
    await page.getByRole('link', { name: 'four' }).waitFor()
    expect(await page.locator('.row').count()).toBe(4)
    await page.getByText('4 samples', { exact: true }).waitFor()
  })

  it('goes on with what it shows where rows are deleted elsewhere', async () => {
    const host = await startReviewHost(makeApp)
    for (const prompt of ['one', 'two', 'three']) await host.flag({ inputs: { prompt } })
    const [page, other] = [await openReview(browser(), host), await openReview(browser(), host)]
    await page.getByRole('link', { name: 'three' }).click()
    await page.keyboard.press('n')
    await page.keyboard.type('begun')
    await other.getByRole('link', { name: 'one' }).click()
    await other.keyboard.press('Delete')
    await other.getByRole('button', { name: 'Delete for good' }).click()

    await expect.poll(() => page.locator('.row').count()).toBe(2)
    expect(await page.locator('[aria-current=true]').textContent()).toContain('three')
    await page.keyboard.type(' and ended')
    await page.keyboard.press('Control+Enter')
    await page.getByText('begun and ended').waitFor()
    await page.keyboard.press('r')
    await page.getByRole('link', { name: 'three' }).getByText('Reviewed').waitFor()
    await page.reload()
    await page.getByRole('link', { name: 'three' }).getByText('Reviewed').waitFor()
  })

  it('has a long list a part at a time, and few of it in the document', async () => {
    const host = await startReviewHost(makeApp, { dir: await logOf(450) })
    const page = await openReview(browser(), host)
    await page.getByText('450 samples', { exact: true }).waitFor()
    const scroll = (by: number) =>
      page.locator('.list').evaluate((list, y) => list.scrollBy(0, y), by)
    await expect
      .poll(async () => {
        await scroll(5_000)
        return page.getByRole('link', { name: 'number 0', exact: false }).last().isVisible()
      })
      .toBe(true)
    await page.getByText('That is all.').waitFor()
    expect(await page.locator('.row').count()).toBeLessThanOrEqual(300)
    await expect
      .poll(async () => {
        await scroll(-5_000)
        return page.getByRole('link', { name: 'number 449' }).count()
      })
      .toBe(1)
    expect(await page.locator('.row').count()).toBeLessThanOrEqual(300)
  })

  it('has a chart over time that filters, with the mouse and with keys', async () => {
    const days = ['2026-10-30', '2026-10-30', '2026-11-01']
    const host = await startReviewHost(makeApp, { dir: await logOfDays(days) })
    const page = await openReview(browser(), host)
    const chart = page.getByRole('toolbar', { name: 'Samples over time' })
    const bars = chart.getByRole('button')
    await bars.first().waitFor()
    const names = await bars.evaluateAll((all) => all.map((bar) => bar.getAttribute('aria-label')))
    // The day between has a bar as well.
    expect(names.map((name) => name?.split(': ')[1])).toEqual([
      '2 samples',
      '0 samples',
      '1 sample',
    ])
    await bars.first().click()
    await expect.poll(() => page.locator('.row').count()).toBe(2)
    expect(new URL(page.url()).search).toBe('?from=2026-10-30&to=2026-10-31')
    expect(await bars.count()).toBe(3)
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.row').count()).toBe(1)
    expect(await page.getByLabel('From', { exact: true }).inputValue()).toBe('2026-11-01')
    expect(await page.getByLabel('Until', { exact: true }).inputValue()).toBe('2026-11-01')
    await page.keyboard.press('Space')
    await expect.poll(() => page.locator('.row').count()).toBe(3)
  })

  it('says how far a long search is, stops it and goes on', async () => {
    const host = await startReviewHost(makeApp, { dir: await logOf(1_000_000) })
    const page = await openReview(browser(), host)
    await page.getByRole('link', { name: 'number 999999' }).waitFor()
    // Between two answers of a search, a network that takes its time.
    let letOn = () => {}
    const held = new Promise<void>((resolve) => (letOn = resolve))
    await page.route(/[?&]cursor=/, (route) => held.then(() => route.continue()).catch(() => {}))
    // Letters beyond ASCII take the search longest.
    await page.getByRole('searchbox', { name: 'Search' }).fill('größer')
    await page.getByText(/^Searching … [\d,]+ rows looked at$/).waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    const on = page.getByRole('button', { name: 'Search on' })
    await on.waitFor()
    expect(await page.locator('.row').count()).toBe(0)
    letOn()
    await on.click()
    await page.getByText('No sample matches.').first().waitFor({ timeout: 40_000 })
  }, 60_000)

  it.each(['light', 'dark'] as const)('has no barrier that axe knows of, %s', async (scheme) => {
    const host = await startReviewHost(makeApp)
    const im = { name: 'dot.png', type: 'image/png', bytes: PNG }
    const scores = {
      label: 'warm',
      confidences: [
        { label: 'warm', confidence: 0.7 },
        { label: 'cool', confidence: 0.3 },
      ],
    }
    await host.flag({ inputs: { prompt: 'plain' }, option: 'Offensive' })
    await host.flag({
      inputs: { prompt: 'all of it', data: { a: { b: [1, null, 'x'] }, c: 'text' } },
      files: { im },
      outputs: { Output: 'yes', scores },
      option: 'Incorrect',
      comment: 'so so',
    })
    const page = await openReview(browser(), host, '', { colorScheme: scheme })
    await page.getByRole('link', { name: 'plain' }).click()
    await page.keyboard.press('r')
    await page.getByRole('link', { name: 'all of it' }).click()
    await page.getByText('70 %').last().waitFor()
    await page.getByRole('checkbox', { name: 'Select prompt plain' }).click()
    await page
      .getByRole('group', { name: 'Reason' })
      .getByRole('button', { name: 'Incorrect' })
      .focus()
    expect(await barriers(page)).toEqual([])
    await page.locator('summary', { hasText: 'Download' }).click()
    await page.keyboard.press('n')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Delete 1' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await barriers(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await barriers(page)).toEqual([])
  })

  it('fits a phone, one pane above the other', async () => {
    const host = await startReviewHost(makeApp)
    for (const n of [1, 2, 3, 4, 5, 6]) {
      await host.flag({
        inputs: {
          prompt: `number ${n} ${'long '.repeat(50)}`,
          data: { [`k${'e'.repeat(300)}y`]: 1 },
        },
        option: 'Incorrect',
      })
    }
    const viewport = { width: 320, height: 640 }
    const page = await openReview(browser(), host, '', { viewport, reducedMotion: 'reduce' })
    const width = () => page.evaluate('document.documentElement.scrollWidth')
    await page.getByRole('link', { name: 'number 6' }).waitFor()
    expect(await width()).toBe(320)
    await page.getByRole('button', { name: 'Filters' }).click()
    await page.getByRole('group', { name: 'State' }).waitFor()
    expect(await width()).toBe(320)
    await page.getByRole('button', { name: 'Filters' }).click()

    await page.getByRole('link', { name: 'number 5' }).click()
    const title = page.getByRole('heading', { name: /^Sample / })
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('sample-title')
    expect(await title.isVisible()).toBe(true)
    expect(await width()).toBe(320)
    const [list, sample] = await Promise.all(
      ['.list', '.sample'].map((name) => page.locator(name).boundingBox()),
    )
    expect((list?.y ?? 0) + (list?.height ?? 0)).toBeLessThan(sample?.y ?? 0)
  })
}

/** A directory with a log of so many rows. */
async function logOf(rows: number): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'flagging-review-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  await writeFile(join(dir, 'logs.csv'), linesOf(rows))
  return dir
}

/** A directory with a log of a row for each of these days. */
async function logOfDays(days: readonly string[]): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'flagging-review-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const components = [text('prompt')]
  const logger = new CSVLogger({ columns: ['timestamp'] })
  await logger.setup(components, dir)
  for (const day of days) {
    const startedAt = new Date(`${day}T12:00:00Z`)
    await logger.flag([day], null, null, { components, dir, startedAt } as unknown as FlagDetails)
  }
  await logger.close()
  return dir
}

function* linesOf(rows: number): Generator<string> {
  yield 'prompt\n'
  let lines = ''
  for (let n = 0; n < rows; n++) {
    lines += `number ${n}\n`
    if (n % 10_000 === 0 || n === rows - 1) {
      yield lines
      lines = ''
    }
  }
}
