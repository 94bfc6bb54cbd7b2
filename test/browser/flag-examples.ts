import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CSVLogger, audio, checkbox, image, text } from '@flagging/core'
import type { Component, FlagValue } from '@flagging/core'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { barriers } from './axe.ts'
import { type MakeDoublingApp, startButtonHost } from './element-host.ts'
import { launchChromium } from './launch-chromium.ts'
import { PNG, fileOf } from './stored.ts'

let browser: Browser

interface Gallery {
  readonly url: string
  readonly page: Page
  readonly element: Locator
  /** The inputs that were chosen. */
  readonly chosen: () => Promise<unknown>
}

async function openGallery(
  makeApp: MakeDoublingApp,
  components: readonly Component[],
  samples: readonly (readonly FlagValue[])[],
): Promise<Gallery> {
  const dir = await mkdtemp(join(tmpdir(), 'flagging-gallery-'))
  const logger = new CSVLogger()
  await logger.setup(components, dir)
  for (const sample of samples) await logger.flag(sample)
  await logger.close()
  const inputs = components.filter(({ role }) => role !== 'output')
  const host = await startButtonHost(makeApp, { inputs, examples: dir })
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('dialog', (dialog) => complaints.push(dialog.message()))
  page.on('request', (request) => {
    if (!request.url().startsWith(host.url)) complaints.push(request.url())
  })
  onTestFinished(async () => {
    await page.close()
    await rm(dir, { recursive: true })
    expect(complaints).toEqual([])
    expect(host.reports).toEqual([])
  })
  await page.goto(`${host.url}/gallery`)
  const element = page.locator('flag-examples')
  return { url: host.url, page, element, chosen: () => page.evaluate('chosen') }
}

const OUTPUT = { ...text('Output'), role: 'output' } as const
const COMPONENTS = [text('prompt'), checkbox('sure'), image('im'), OUTPUT]

/** Plays `<flag-examples>` in a browser, on a page that an app of an adapter's serves. */
export function describeFlagExamples(adapter: string, makeApp: MakeDoublingApp): void {
  describe(`<flag-examples> on a page of ${adapter}`, () => {
    beforeAll(async () => {
      browser = await launchChromium()
    }, 120_000)
    afterAll(() => browser?.close())

    it('shows flagged inputs as a table, and hands the chosen one to the page, file and all', async () => {
      const { page, element, chosen, url } = await openGallery(makeApp, COMPONENTS, [
        ['a castle', true, fileOf('castle.png', 'image/png', PNG), 'yes'],
      ])
      await element.getByRole('table', { name: 'Examples' }).waitFor()
      expect(await element.getByRole('columnheader').allTextContents()).toEqual([
        'prompt',
        'sure',
        'im',
      ])
      await expect
        .poll(() =>
          page.evaluate(
            `document.querySelector('flag-examples').shadowRoot.querySelector('img')?.naturalWidth`,
          ),
        )
        .toBe(1)
      await element.getByRole('button', { name: 'Use example a castle true' }).press('Enter')
      await expect.poll(chosen).toEqual([
        {
          prompt: 'a castle',
          sure: true,
          im: { url: `${url}/flag/examples/0/2`, type: 'image/png', size: PNG.length },
        },
      ])
      expect(await page.getByLabel('Prompt').inputValue()).toBe('a castle')
      expect(await page.getByLabel('Sure').isChecked()).toBe(true)
      const size = `document.querySelector('[type=file]').files[0].size`
      expect(await page.evaluate(size)).toBe(PNG.length)
    })

    it('shows pictures alone as thumbnails', async () => {
      const pictures = [1, 2].map((n) => [fileOf(`${n}.png`, 'image/png', PNG), 'x'])
      const { element, chosen } = await openGallery(makeApp, [image('im'), OUTPUT], pictures)
      await element.getByRole('list', { name: 'Examples' }).waitFor()
      await element.getByRole('button').nth(1).click()
      await expect.poll(chosen).toMatchObject([{ im: { type: 'image/png' } }])
      expect(await element.getByRole('table').count()).toBe(0)
    })

    it('goes on and back a page at a time', async () => {
      const samples = [1, 2, 3, 4, 5].map((n) => [`prompt ${n}`, false, null, 'x'])
      const { element } = await openGallery(makeApp, COMPONENTS, samples)
      const shown = () => element.locator('tbody tr td:first-child').allTextContents()
      await expect.poll(shown).toEqual(['prompt 1', 'prompt 2'])
      await element.getByRole('button', { name: 'Next' }).click()
      await expect.poll(shown).toEqual(['prompt 3', 'prompt 4'])
      await element.getByRole('button', { name: 'Next' }).click()
      await expect.poll(shown).toEqual(['prompt 5'])
      expect(await element.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true)
      await element.getByRole('button', { name: 'Previous' }).click()
      await expect.poll(shown).toEqual(['prompt 3', 'prompt 4'])
    })

    it.each(['light', 'dark'] as const)('has no barrier that axe knows of, %s', async (scheme) => {
      const sound = fileOf('a.wav', 'audio/wav', Buffer.from('RIFF....WAVEfmt '))
      const { page, element } = await openGallery(
        makeApp,
        [image('im'), audio('sound'), OUTPUT],
        [1, 2, 3].map(() => [fileOf('1.png', 'image/png', PNG), sound, 'x']),
      )
      await page.emulateMedia({ colorScheme: scheme })
      await element.getByRole('button', { name: 'Next' }).waitFor()
      expect(await barriers(page)).toEqual([])
    })

    it('says that there is none yet', async () => {
      const { element } = await openGallery(makeApp, COMPONENTS, [])
      await element.getByText('No examples yet.').waitFor()
      expect(await element.getByRole('button').count()).toBe(0)
    })

    it('shows what was sent as text, and takes no link of its for one of ours', async () => {
      const markup = '<img src=x onerror=alert(1)>'
      const link = { url: 'javascript:alert(1)', type: 'image/png', size: 1 }
      const { element } = await openGallery(
        makeApp,
        [{ label: 'v', type: 'any', role: 'input' }, OUTPUT],
        [
          [markup, 'x'],
          [link, 'x'],
        ],
      )
      await element.getByText(markup).waitFor()
      await element.getByText('javascript:alert(1)').waitFor()
      expect(await element.locator('img').count()).toBe(0)
    })
  })
}
