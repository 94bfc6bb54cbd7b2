import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { type ReviewBench, openReview, startReviewHost } from './review-host.ts'
import { PNG } from './stored.ts'

/** What a reviewer does with samples, from flag to deletion. */
export function describeReviewing({ makeApp, browser }: ReviewBench): void {
  it('shows what is flagged as it comes in, from the flag to its deletion', async () => {
    const host = await startReviewHost(makeApp)
    const page = await openReview(browser(), host)
    await page.getByText('Nothing has been flagged yet.').waitFor()

    const im = { name: 'dot.png', type: 'image/png', bytes: PNG }
    const outputs = { Output: 'a dot' }
    await host.flag({ inputs: { prompt: 'first' }, outputs: { Output: 'x' }, option: 'Offensive' })
    await host.flag({
      inputs: { prompt: 'what is this?' },
      files: { im },
      outputs,
      option: 'Incorrect',
      comment: 'It is a square.',
    })
    const row = page.getByRole('link', { name: 'what is this?' })
    await row.click()
    const sample = page.getByRole('region', { name: /^Sample\b/ })
    await sample.getByText('It is a square.').waitFor()
    await expect.poll(() => widthOf(page, '.sample img')).toBe(1)
    expect(await widthOf(page, '.thumbnails img')).toBe(1)

    await page
      .getByRole('group', { name: 'Reason' })
      .getByRole('button', { name: 'Incorrect 1' })
      .click()
    await expect.poll(() => page.getByRole('listitem').filter({ hasText: 'first' }).count()).toBe(0)
    expect(new URL(page.url()).searchParams.get('option')).toBe('Incorrect')

    await sample.getByRole('button', { name: 'Mark reviewed' }).click()
    await sample.getByRole('button', { name: 'Reviewed', pressed: true }).waitFor()
    await sample.getByRole('button', { name: 'Add note' }).click()
    await sample.getByLabel('Note').fill('Asked the author.')
    await sample.getByRole('button', { name: 'Save' }).click()
    await sample.getByText('Saved.').waitFor()
    await page.reload()
    await sample.getByText('Asked the author.').waitFor()
    await sample.getByRole('button', { name: 'Reviewed', pressed: true }).waitFor()

    await page.locator('summary', { hasText: 'Download' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'CSV' }).click(),
    ])
    const csv = await readFile(await download.path(), 'utf8')
    expect(csv).toContain('what is this?')
    expect(csv).not.toContain('first')
    await page.keyboard.press('Escape')

    await sample.getByRole('button', { name: 'Delete' }).click()
    const dialog = page.getByRole('dialog', { name: 'Delete 1 sample?' })
    await dialog.getByText('logs.csv: 1 row').waitFor()
    await dialog.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('No sample matches.').first().waitFor()
    expect(await host.log()).not.toContain('what is this?')
    expect(await host.log()).toContain('first')
  })

  it('can be used with the keyboard alone', async () => {
    const host = await startReviewHost(makeApp)
    for (const prompt of ['one', 'two', 'three']) await host.flag({ inputs: { prompt } })
    const page = await openReview(browser(), host)
    await page.getByRole('link', { name: 'three' }).waitFor()
    const focused = () => page.evaluate('document.activeElement.textContent')
    const press = (...keys: string[]) =>
      keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())

    await press('j')
    await expect.poll(focused).toContain('three')
    await press('ArrowDown', 'j', 'k')
    await expect.poll(focused).toContain('two')
    expect(await page.locator('[aria-current=true]').textContent()).toContain('two')

    await press('r')
    await expect.poll(focused).toContain('one')
    await page.getByRole('link', { name: 'two' }).getByText('Reviewed').waitFor()

    await press('n')
    await page.keyboard.type('odd one')
    await press('Control+Enter')
    await expect.poll(focused).toBe('Edit note')
    await page.getByRole('link', { name: 'one' }).getByText('Noted').waitFor()

    await press('Enter', 'Escape')
    await expect.poll(focused).toBe('Edit note')
    await press('Delete')
    await page.getByRole('dialog', { name: 'Delete 1 sample?' }).waitFor()
    await expect.poll(focused).toBe('Cancel')
    await press('Escape')
    await expect.poll(focused).toBe('Edit note')
    await press('Delete', 'Tab', 'Enter')
    // The one before it, since none came after.
    await expect.poll(focused).toContain('two')
    expect(await host.log()).not.toContain('one')

    await press('/')
    await page.keyboard.type('THREE')
    await press('Enter')
    await expect.poll(() => page.getByRole('link', { name: 'two' }).count()).toBe(0)
    await press('Escape', 'Escape', '?')
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await help.getByText('Mark reviewed, and go on').waitFor()
    await help.getByLabel('Use these keys').uncheck()
    await press('Escape')
    await help.waitFor({ state: 'detached' })
    await press('j')
    expect(await page.locator('[aria-current=true]').count()).toBe(0)
  })

  it('opens and reads a sample with Tab and Enter, and goes back to its row', async () => {
    const host = await startReviewHost(makeApp)
    await host.flag({ inputs: { prompt: 'only' } })
    const page = await openReview(browser(), host)
    await page.getByRole('link', { name: 'only' }).press('Enter')
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('sample-title')
    await page.getByRole('button', { name: 'Close' }).press('Enter')
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toContain('only')
    expect(new URL(page.url()).search).toBe('')
  })

  it('selects several, deletes them at once, and says what goes', async () => {
    const host = await startReviewHost(makeApp)
    for (const n of [1, 2, 3, 4, 5]) await host.flag({ inputs: { prompt: `number ${n}` } })
    const page = await openReview(browser(), host)
    await page.getByRole('checkbox', { name: 'Select prompt number 4' }).click()
    await page
      .getByRole('checkbox', { name: 'Select prompt number 2' })
      .click({ modifiers: ['Shift'] })
    await page.getByText('3 selected').waitFor()
    await page.getByRole('button', { name: 'Delete 3' }).click()
    const dialog = page.getByRole('dialog', { name: 'Delete 3 samples?' })
    await dialog.getByText('logs.csv: 3 rows').waitFor()
    await dialog.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('2 samples shown').waitFor()
    expect((await host.log()).match(/number \d/g)).toEqual(['number 1', 'number 5'])
    // The keys of rows below a deleted one have changed: what was there is used on.
    await page.getByRole('link', { name: 'number 5' }).click()
    await page.keyboard.press('r')
    await page.getByRole('link', { name: 'number 5' }).getByText('Reviewed').waitFor()
  })

  it('does not lose a note that was begun', async () => {
    const host = await startReviewHost(makeApp)
    for (const prompt of ['one', 'two']) await host.flag({ inputs: { prompt } })
    const page = await openReview(browser(), host)
    await page.getByRole('link', { name: 'two' }).click()
    await page.keyboard.press('n')
    await page.keyboard.type('half a')
    await page.getByRole('link', { name: 'one' }).click()
    await page.getByRole('link', { name: 'two' }).click()
    await page.keyboard.press('n')
    await expect.poll(() => page.getByLabel('Note').inputValue()).toBe('half a')
    await page.keyboard.type(' note')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('half a note').waitFor()
  })

  it('offers no changes to those who may only read', async () => {
    const host = await startReviewHost(makeApp)
    host.allowed.delete('edit')
    await host.flag({ inputs: { prompt: 'only' } })
    const page = await openReview(browser(), host)
    await page.getByRole('link', { name: 'only' }).click()
    await page
      .getByRole('region', { name: /^Sample\b/ })
      .getByText('Inputs')
      .waitFor()
    await page.getByRole('checkbox', { name: 'Select prompt only' }).click()
    for (const name of [/^Delete/, 'Mark reviewed', 'Add note']) {
      expect(await page.getByRole('button', { name }).count()).toBe(0)
    }
    await page.keyboard.press('Delete')
    await page.keyboard.press('n')
    await page.keyboard.press('r')
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(await page.locator('textarea').count()).toBe(0)
    await page.locator('summary', { hasText: 'Download' }).click()
    await page.getByRole('link', { name: 'CSV' }).waitFor()
  })
}

function widthOf(page: Page, selector: string): Promise<unknown> {
  return page.evaluate(`document.querySelector('${selector}')?.naturalWidth`)
}
