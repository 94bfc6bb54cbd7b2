import type { Browser, Locator, Page } from 'playwright-core'
import type { FlaggingOptions } from '@flagging/core'
import { SimpleCSVLogger, image, json, number } from '@flagging/core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { barriers } from './axe.ts'
import {
  type ButtonHost,
  type Extent,
  type MakeDoublingApp,
  startButtonHost,
} from './element-host.ts'
import { launchChromium } from './launch-chromium.ts'

let browser: Browser

interface Visit {
  readonly host: ButtonHost
  readonly page: Page
  readonly button: (name: string) => Locator
  readonly status: Locator
  /** The events that reached the document. */
  readonly told: () => Promise<unknown>
  /** Makes an interaction. */
  readonly run: () => Promise<void>
}

async function visit(
  makeApp: MakeDoublingApp,
  options: FlaggingOptions<never> = {},
): Promise<Visit> {
  const host = await startButtonHost(makeApp, options)
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  onTestFinished(async () => {
    await page.close()
    expect(complaints).toEqual([])
    expect(host.reports).toEqual([])
  })
  await page.goto(host.url)
  const element = page.locator('flag-button')
  return {
    host,
    page,
    button: (name) => element.getByRole('button', { name, exact: true }),
    status: element.getByRole('status'),
    told: () => page.evaluate('told'),
    run: async () => {
      await page.getByRole('button', { name: 'Run' }).click()
      await page.locator('flag-button[interaction]').waitFor()
    },
  }
}

const WITH_OPTIONS = { options: ['Incorrect', 'Other'] }

/** Plays `<flag-button>` in a browser, on a page that an app of an adapter's serves. */
export function describeFlagButton(
  adapter: string,
  makeApp: MakeDoublingApp,
  { isAnother = false }: Extent = {},
): void {
  describe(`a <flag-button> on a page of ${adapter}`, () => {
    beforeAll(async () => {
      browser = await launchChromium()
    }, 120_000)
    afterAll(() => browser?.close())

    it('can be pressed when there is an interaction, and flags it once', async () => {
      const { host, page, button, status, run, told } = await visit(makeApp)
      const flag = button('Flag')
      await flag.waitFor()
      expect(await flag.isDisabled()).toBe(true)
      await run()
      await flag.dblclick()
      await status.getByText('Flagged.').waitFor()
      await flag.click()
      expect(await flag.getAttribute('aria-pressed')).toBe('true')
      expect(await page.locator('flag-button').getAttribute('state')).toBe('flagged')
      expect(host.posts).toHaveLength(1)
      expect(await host.log()).toBe('n,Output\n4,8\n')
      const id = await page.locator('flag-button').getAttribute('interaction')
      expect(await told()).toEqual([['flag', { id, option: null, count: 1 }]])
    })

    it('shows which option was pressed also while the mouse is on it', async () => {
      const { page, button, status, run } = await visit(makeApp)
      await run()
      await button('Flag').hover()
      await button('Flag').click()
      await status.getByText('Flagged.').waitFor()
      expect(await barriers(page)).toEqual([])
      const look = await button('Flag').evaluate((element) => {
        const { getComputedStyle } = globalThis as unknown as {
          getComputedStyle(of: unknown): { color: string; backgroundColor: string }
        }
        const { color, backgroundColor } = getComputedStyle(element)
        return [color, backgroundColor]
      })
      expect(look[0]).not.toBe(look[1])
      expect(look[1]).toBe('rgb(0, 0, 0)')
    })

    it('has a button for each option; another one is a further row', async () => {
      const { host, button, status, run } = await visit(makeApp, WITH_OPTIONS)
      await run()
      await button('Flag as Incorrect').click()
      await status.getByText('Flagged.').waitFor()
      await button('Flag as Other').click()
      await expect.poll(() => button('Flag as Other').getAttribute('aria-pressed')).toBe('true')
      expect(await button('Flag as Incorrect').getAttribute('aria-pressed')).toBe('false')
      expect(await host.log()).toBe('n,Output,flag_option\n4,8,Incorrect\n4,8,Other\n')
    })

    it('takes the flags of an interaction back, and is as before them', async () => {
      const { host, page, button, status, run, told } = await visit(makeApp, WITH_OPTIONS)
      await run()
      expect(await button('Undo').count()).toBe(0)
      await button('Flag as Incorrect').click()
      await status.getByText('Flagged.').waitFor()
      await button('Flag as Other').click()
      await expect.poll(() => button('Flag as Other').getAttribute('aria-pressed')).toBe('true')
      await button('Undo').click()
      await status.getByText('Taken back.').waitFor()
      expect(await host.log()).toBe('n,Output,flag_option\n')
      const element = page.locator('flag-button')
      expect(await element.getAttribute('state')).toBe('idle')
      expect(await element.evaluate(`document.querySelector('flag-button').option`)).toBeUndefined()
      for (const name of ['Flag as Incorrect', 'Flag as Other']) {
        expect(await button(name).getAttribute('aria-pressed')).toBe('false')
      }
      expect(await button('Undo').count()).toBe(0)
      const id = await element.getAttribute('interaction')
      expect(host.deletions).toEqual([`/flag/${id}`])
      await button('Flag as Incorrect').click()
      await status.getByText('Flagged.').waitFor()
      expect(await host.log()).toBe('n,Output,flag_option\n4,8,Incorrect\n')
      expect(await told()).toMatchObject([
        ['flag', { option: 'Incorrect' }],
        ['flag', { option: 'Other' }],
        ['unflag', { id, deleted: 2 }],
        ['flag', { option: 'Incorrect', count: 1 }],
      ])
    })

    if (isAnother) return

    it('takes it back by keyboard alone, and keeps the focus', async () => {
      const { host, page, button, status, run } = await visit(makeApp)
      await run()
      await button('Flag').press('Enter')
      await status.getByText('Flagged.').waitFor()
      let go = () => {}
      host.hold = new Promise<void>((resolve) => (go = resolve))
      const focused = () =>
        page.evaluate(`document.activeElement.shadowRoot?.activeElement?.textContent`)
      await page.keyboard.press('Tab')
      expect(await focused()).toBe('Undo')
      await page.keyboard.press('Enter')
      await status.getByText('Taking it back …').waitFor()
      expect(await focused()).toBe('Undo')
      expect(await button('Undo').getAttribute('aria-disabled')).toBe('true')
      await page.keyboard.press('Enter')
      go()
      await status.getByText('Taken back.').waitFor()
      expect(await focused()).toBe('Flag')
      expect(host.deletions).toHaveLength(1)
      expect(await barriers(page)).toEqual([])
    })

    it('says why it was not taken back, and tries again when asked', async () => {
      const { host, page, button, status, run, told } = await visit(makeApp)
      await run()
      await button('Flag').click()
      await status.getByText('Flagged.').waitFor()
      host.instead.push({ status: 503, body: { code: 'unavailable', detail: 'Try again later.' } })
      await button('Undo').press('Enter')
      await status.getByText('Not taken back. Try again later.').waitFor()
      expect(await button('Undo').count()).toBe(0)
      expect(await button('Flag').getAttribute('aria-pressed')).toBe('true')
      expect(await barriers(page)).toEqual([])
      // The focus is where one goes on.
      await page.keyboard.press('Enter')
      await status.getByText('Taken back.').waitFor()
      expect(await host.log()).toBe('n,Output\n')
      expect(await told()).toMatchObject([
        ['flag', {}],
        ['flagerror', 'unavailable'],
        ['unflag', { deleted: 1 }],
      ])
    })

    it('says that it is too late to take it back, which no second try mends', async () => {
      const { host, button, status, run } = await visit(makeApp)
      await run()
      await button('Flag').click()
      await status.getByText('Flagged.').waitFor()
      host.instead.push({ status: 404, body: { code: 'not_found', detail: 'There is none.' } })
      await button('Undo').click()
      await status.getByText('Not taken back. It can no longer be taken back.').waitFor()
      expect(await button('Try again').count()).toBe(0)
      expect(await button('Undo').count()).toBe(0)
      expect(await host.log()).toBe('n,Output\n4,8\n')
    })

    it('offers nothing to take back where the server cannot', async () => {
      const callback = new SimpleCSVLogger()
      const { button, status, run } = await visit(makeApp, { callback })
      await run()
      await button('Flag').click()
      await status.getByText('Flagged.').waitFor()
      expect(await button('Undo').count()).toBe(0)
    })

    it('forgets what it was pressed for when there is another interaction', async () => {
      const { host, button, status, run, page } = await visit(makeApp)
      await run()
      const first = await page.locator('flag-button').getAttribute('interaction')
      await button('Flag').click()
      await status.getByText('Flagged.').waitFor()
      await run()
      await expect
        .poll(() => page.locator('flag-button').getAttribute('interaction'))
        .not.toBe(first)
      expect(await button('Flag').getAttribute('aria-pressed')).toBe('false')
      await button('Flag').click()
      await expect.poll(() => host.log()).toBe('n,Output\n4,8\n4,8\n')
    })

    it.each(['auto', 'never'] as const)('shows nothing to press in %s mode', async (mode) => {
      const { page, host } = await visit(makeApp, { mode })
      await page.getByRole('button', { name: 'Run' }).click()
      const answered = await page.evaluate(`fetch('/flag').then((answer) => answer.json())`)
      expect(answered).toMatchObject({ mode })
      expect(await page.locator('flag-button').getByRole('button').count()).toBe(0)
      expect(host.posts).toEqual([])
    })

    it('says why it failed, and tries again when asked', async () => {
      const { host, button, status, run, told } = await visit(makeApp)
      await run()
      host.instead.push({ status: 503, body: { code: 'unavailable', detail: 'Try again later.' } })
      await button('Flag').click()
      await status.getByText('Not flagged. Try again later.').waitFor()
      await button('Try again').click()
      await status.getByText('Flagged.').waitFor()
      expect(await button('Try again').count()).toBe(0)
      expect(await host.log()).toBe('n,Output\n4,8\n')
      expect(await told()).toMatchObject([
        ['flagerror', 'unavailable'],
        ['flag', {}],
      ])
    })

    it('says that an id has expired, which no second try mends', async () => {
      const { page, button, status, run } = await visit(makeApp)
      await run()
      await page.evaluate(
        `document.querySelector('flag-button').interaction = 'AAAAAAAAAAAAAAAAAAAAAA'`,
      )
      await button('Flag').click()
      await status.getByText('Not flagged. It can no longer be flagged.').waitFor()
      expect(await button('Try again').count()).toBe(0)
    })

    it('waits by itself for an answer that has not ended', async () => {
      const { host, button, status, run } = await visit(makeApp)
      await run()
      for (let time = 0; time < 3; time++) {
        host.instead.push({
          status: 409,
          headers: { 'retry-after': '0' },
          body: { code: 'not_ended' },
        })
      }
      await button('Flag').click()
      await status.getByText('Flagged.').waitFor()
      expect(host.posts).toHaveLength(4)
      expect(await host.log()).toBe('n,Output\n4,8\n')
    })

    it('takes a comment and a correction, by keyboard alone', async () => {
      const { host, page, button, status, run } = await visit(makeApp, {
        ...WITH_OPTIONS,
        inputs: [number('n')],
        outputs: [number('Output')],
        comment: true,
        correction: true,
      })
      await run()
      await button('Flag as Incorrect').focus()
      await page.keyboard.press('Enter')
      await page.keyboard.type('=much too "large"')
      await page.keyboard.press('Tab')
      await page.keyboard.type('7.5')
      await page.keyboard.press('Escape')
      expect(host.posts).toEqual([])
      const focused = `document.activeElement.shadowRoot.activeElement.textContent`
      expect(await page.evaluate(focused)).toBe('Flag as Incorrect')
      await page.keyboard.press('Space')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await status.getByText('Flagged.').waitFor()
      expect(await page.evaluate(focused)).toBe('Flag as Incorrect')
      expect(await host.log()).toBe(
        `n,Output,flag_option,comment,correction\n4,8,Incorrect,"'=much too ""large""",7.5\n`,
      )
    })
    it.each(['light', 'dark'] as const)('has no barrier that axe knows of, %s', async (scheme) => {
      const { host, page, button, status, run } = await visit(makeApp, {
        ...WITH_OPTIONS,
        comment: true,
        correction: true,
      })
      await page.emulateMedia({ colorScheme: scheme })
      await button('Flag as Other').waitFor()
      expect(await barriers(page)).toEqual([])
      await run()
      await button('Flag as Incorrect').click()
      expect(await barriers(page)).toEqual([])
      host.instead.push({ status: 503, body: { code: 'unavailable', detail: 'Try again later.' } })
      await button('Save').click()
      await status.getByText('Not flagged. Try again later.').waitFor()
      expect(await barriers(page)).toEqual([])
      await button('Try again').click()
      await status.getByText('Flagged.').waitFor()
      expect(await barriers(page)).toEqual([])
    })

    it('refuses a correction that should be JSON and is none', async () => {
      const { host, page, button, status, run } = await visit(makeApp, {
        inputs: [number('n')],
        outputs: [json('Output')],
        correction: true,
      })
      await run()
      await button('Flag').click()
      const field = page.locator('flag-button').getByLabel('What it should have been')
      await field.fill('{"a":')
      await button('Save').click()
      await page.locator('flag-button').getByText('This is not valid JSON.').waitFor()
      expect(host.posts).toEqual([])
      await field.fill('{"a":1}')
      await button('Save').click()
      await status.getByText('Flagged.').waitFor()
      expect(JSON.parse(host.posts[0] ?? '')).toMatchObject({ correction: { a: 1 } })
    })

    it('keeps the focus and takes no second press while it saves', async () => {
      const { host, button, status, run } = await visit(makeApp)
      await run()
      let go = () => {}
      host.hold = new Promise<void>((resolve) => (go = resolve))
      await button('Flag').press('Enter')
      await status.getByText('Saving …').waitFor()
      expect(await button('Flag').getAttribute('aria-disabled')).toBe('true')
      await button('Flag').press('Enter')
      go()
      await status.getByText('Flagged.').waitFor()
      expect(host.posts).toHaveLength(1)
    })

    it('sends nothing to another origin, whatever its attributes say', async () => {
      const { page, button } = await visit(makeApp)
      const foreign: string[] = []
      page.on('request', (request) => {
        if (!request.url().startsWith('http://127.0.0.1')) foreign.push(request.url())
      })
      await button('Flag').waitFor()
      for (const path of [
        'https://example.com/flag',
        '//example.com/flag',
        'javascript:alert(1)',
      ]) {
        await page.evaluate(`document.querySelector('flag-button').setAttribute('path', '${path}')`)
        await page.locator('flag-button[state=error]').waitFor()
      }
      expect(foreign).toEqual([])
    })

    it('shows the label of an option as text, and no markup in it', async () => {
      const markup = '"><img src=x onerror=alert(1)>'
      const { page, button } = await visit(makeApp, { options: [[markup, 'x']] })
      await button(markup).waitFor()
      expect(await page.locator('flag-button img').count()).toBe(0)
    })

    it('speaks another language, also from right to left', async () => {
      const { page, button, status, run } = await visit(makeApp, WITH_OPTIONS)
      await page.evaluate(`
      document.documentElement.dir = 'rtl'
      document.querySelector('flag-button').labels = { flagged: 'سُجّل: {option}', undo: 'تراجع' }
    `)
      await run()
      await button('Flag as Other').click()
      await status.getByText('سُجّل: Flag as Other').waitFor()
      await button('تراجع').waitFor()
      const [first, second] = await Promise.all(
        ['Flag as Incorrect', 'Flag as Other'].map((name) => button(name).boundingBox()),
      )
      expect(first?.x).toBeGreaterThan(second?.x ?? Number.POSITIVE_INFINITY)
    })

    it('takes what was set before it was known', async () => {
      const host = await startButtonHost(makeApp)
      const page = await browser.newPage()
      onTestFinished(() => page.close())
      await page.goto(`${host.url}/flag`)
      await page.evaluate(`
      const element = document.createElement('flag-button')
      element.interaction = 'AAAAAAAAAAAAAAAAAAAAAA'
      document.body.append(element)
      void import('/flag/button.js')
    `)
      await expect
        .poll(() => page.locator('flag-button').getAttribute('interaction'))
        .toBe('AAAAAAAAAAAAAAAAAAAAAA')
      expect(await page.locator('flag-button').getByRole('button').isEnabled()).toBe(true)
    })

    it('is the same script for a browser that has it', async () => {
      const { host } = await visit(makeApp, { inputs: [image('n')] })
      const first = await fetch(`${host.url}/flag/button.js`)
      expect(first.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
      expect(first.headers.get('x-content-type-options')).toBe('nosniff')
      const etag = first.headers.get('etag') ?? ''
      const headers = { 'if-none-match': etag }
      expect((await fetch(`${host.url}/flag/button.js`, { headers })).status).toBe(304)
    })
  })
}
