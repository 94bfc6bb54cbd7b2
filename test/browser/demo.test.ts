import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Example, startExample } from '../../examples/test/start-example.ts'
import { barriers } from './axe.ts'
import { launchChromium } from './launch-chromium.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
}, 120_000)
afterAll(() => browser?.close())

interface Demo extends Example {
  readonly page: Page
  /** What the page complained about. */
  readonly complaints: readonly string[]
}

async function openDemo(viewport = { width: 1100, height: 900 }): Promise<Demo> {
  const example = await startExample('demo/server.ts')
  const page = await browser.newPage({ viewport })
  onTestFinished(() => page.close())
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('request', (request) => {
    const isOwn = request.url().startsWith(example.url) || /^(data|blob):/.test(request.url())
    if (!isOwn) complaints.push(`foreign: ${request.url()}`)
  })
  await page.goto(example.url)
  return { ...example, page, complaints }
}

/** A log without its last two columns, the time and the id. */
function withoutDetails(log: Buffer): string {
  return log.toString().replaceAll(/,(?:timestamp,id|\d{4}-[\d-]+T[\d:.]+Z,[\w-]{22})$/gm, '')
}

describe('the demo page', () => {
  it('calculates, flags, says so, and offers the flagged input again', async () => {
    const { page, read, stop, complaints } = await openDemo()
    const calculator = page.getByRole('region', { name: 'Calculator' })
    const flag = calculator.getByRole('button', { name: 'Flag', exact: true })

    await expect.poll(() => flag.isDisabled()).toBe(true)
    await calculator.getByLabel('First number').fill('6')
    await calculator.getByLabel('Operation').selectOption('subtract')
    await calculator.getByLabel('Second number').fill('1.5')
    await calculator.getByRole('button', { name: 'Calculate' }).click()
    await calculator.getByText('4.5', { exact: true }).waitFor()
    await flag.click()
    await calculator.getByText('flagged/calculator/logs.csv has 1 sample.').waitFor()
    expect(await flag.getAttribute('aria-pressed')).toBe('true')
    expect(withoutDetails(await read('flagged/calculator/logs.csv'))).toBe(
      'num1,operation,num2,Output\n6,subtract,1.5,4.5\n',
    )

    await calculator.getByLabel('First number').fill('1')
    await calculator.getByRole('button', { name: 'Use example 6 subtract 1.5' }).click()
    expect(await calculator.getByLabel('First number').inputValue()).toBe('6')
    expect(complaints).toEqual([])
    expect(await stop()).toBe('')
  })

  it('shows what went wrong, and flags nothing then', async () => {
    const { page } = await openDemo()
    const calculator = page.getByRole('region', { name: 'Calculator' })

    await calculator.getByLabel('Operation').selectOption('divide')
    await calculator.getByLabel('Second number').fill('0')
    await calculator.getByRole('button', { name: 'Calculate' }).click()
    await calculator.getByText('Cannot divide by zero!').waitFor()
    expect(await calculator.getByRole('button', { name: 'Flag', exact: true }).isDisabled()).toBe(
      true,
    )
  })

  it('shows an uploaded picture in sepia, and keeps both as files', async () => {
    const { page, read, complaints } = await openDemo()
    const sepia = page.getByRole('region', { name: 'Sepia' })
    const picture = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    )

    await sepia
      .getByLabel('Picture')
      .setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: picture })
    await sepia.getByRole('button', { name: 'Make sepia' }).click()
    const shown = sepia.getByRole('img', { name: 'The output' })
    await shown.waitFor()
    await expect
      .poll(() =>
        shown.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
      )
      .toBe(1)
    await sepia.getByRole('button', { name: 'Flag', exact: true }).click()
    await sepia.getByText('flagged/sepia/logs.csv has 1 sample.').waitFor()

    expect(withoutDetails(await read('flagged/sepia/logs.csv'))).toBe(
      'im,Output\nim/0.png,Output/0.png\n',
    )
    expect((await read('flagged/sepia/im/0.png')).equals(picture)).toBe(true)
    expect((await read('flagged/sepia/Output/0.png')).subarray(1, 4).toString()).toBe('PNG')
    expect(complaints).toEqual([])
  })

  it('has one button per reason to flag', async () => {
    const { page, read, complaints } = await openDemo()
    const classifier = page.getByRole('region', { name: 'Warm or cool' })

    await classifier.getByRole('button', { name: 'Classify' }).click()
    await classifier.getByText(' %').first().waitFor()
    const flags = classifier.getByRole('group', { name: 'Flag this output' }).getByRole('button')
    expect(await flags.allTextContents()).toEqual([
      'Flag as Incorrect',
      'Flag as Offensive',
      'Flag as Other',
    ])
    await flags.nth(2).click()
    await classifier.getByLabel('Comment').fill('looks cold to me')
    await classifier.getByRole('button', { name: 'Save' }).click()
    await classifier.getByText('flagged/classifier/logs.csv has 1 sample.').waitFor()
    expect(withoutDetails(await read('flagged/classifier/logs.csv'))).toMatch(
      /^im,Output,flag_option,comment\nim\/0\.png,"\{""warm"":[\d.]+,""cool"":[\d.]+\}",Other,looks cold to me\n$/,
    )
    expect(complaints).toEqual([])
  })

  it('streams an answer that may be flagged while it comes, and keeps all of it', async () => {
    const { page, read, complaints } = await openDemo()
    const chat = page.getByRole('region', { name: 'Streaming chat' })

    await chat.getByRole('button', { name: 'Ask' }).click()
    await chat.getByRole('button', { name: 'Flag as Wrong' }).click()
    await chat.getByLabel('What it should have been').fill('It scatters.')
    await chat.getByRole('button', { name: 'Save' }).click()
    await chat.getByText('flagged/chat/logs.csv has 1 sample.').waitFor()

    expect(withoutDetails(await read('flagged/chat/logs.csv'))).toBe(
      'question,Output,flag_option,correction\n' +
        'Why is the sky blue?,You asked: Why is the sky blue? A model would know. This demo only ' +
        'shows how its words are kept.,Wrong,It scatters.\n',
    )
    // That it may not be flagged yet is what the browser itself notes.
    expect(complaints.filter((complaint) => !complaint.includes('409'))).toEqual([])
  })

  it('leads to a page on which all that was flagged is reviewed', async () => {
    const { page, read, complaints } = await openDemo()
    for (const [name, run] of [
      ['Calculator', 'Calculate'],
      ['Sepia', 'Make sepia'],
    ] as const) {
      const section = page.getByRole('region', { name })
      await section.getByRole('button', { name: run }).click()
      await section.getByRole('button', { name: 'Flag', exact: true }).click()
      await section.getByText('has 1 sample.').waitFor()
    }
    await page.getByRole('link', { name: 'Review what was flagged' }).click()
    await page.getByText('2 samples shown').last().waitFor()
    await page.getByRole('link', { name: 'num1 5' }).click()
    await page
      .getByRole('region', { name: /^Sample\b/ })
      .getByText('calculator/logs.csv')
      .waitFor()
    await page.keyboard.press('Delete')
    await page.getByRole('button', { name: 'Delete for good' }).click()
    await expect.poll(() => page.locator('.row').count()).toBe(1)
    expect(withoutDetails(await read('flagged/calculator/logs.csv'))).toBe(
      'num1,operation,num2,Output\n',
    )
    expect(complaints).toEqual([])
  })

  it.each(['light', 'dark'] as const)('has no barrier that axe knows of, %s', async (scheme) => {
    const { page } = await openDemo()
    await page.emulateMedia({ colorScheme: scheme })
    for (const name of ['Calculate', 'Make sepia', 'Classify', 'Ask']) {
      await page.getByRole('button', { name }).click()
    }
    const [calculator, sepia] = ['Calculator', 'Sepia'].map((name) =>
      page.getByRole('region', { name }),
    )
    await calculator?.getByRole('button', { name: 'Flag', exact: true }).click()
    await sepia?.getByRole('button', { name: 'Flag', exact: true }).click()
    await calculator?.getByRole('button', { name: /^Use example/ }).waitFor()
    await sepia?.getByRole('button', { name: 'Use example' }).waitFor()
    await page.getByRole('button', { name: 'Flag as Incorrect' }).click()
    await page.getByLabel('Comment').waitFor()
    expect(await barriers(page)).toEqual([])
  })

  it('fits a phone', async () => {
    const { page, complaints } = await openDemo({ width: 320, height: 640 })

    await page.getByRole('button', { name: 'Flag as Other' }).waitFor()
    const width = 'document.documentElement.scrollWidth'
    expect(await page.evaluate(width)).toBe(320)
    expect(complaints).toEqual([])
  })

  it('takes another port where its own is taken', async () => {
    const first = await startExample('demo/server.ts')
    const { port } = new URL(first.url)
    const second = await startExample('demo/server.ts', { env: { PORT: port } })

    expect(second.printed()).toMatch(`Port ${port} is taken.`)
    expect(new URL(second.url).port).not.toBe(port)
    expect((await fetch(second.url)).status).toBe(200)
    expect(second.printed()).toMatch(`Samples go to ${second.dir}/flagged`)
  })
})
