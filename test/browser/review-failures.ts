import { expect, it } from 'vitest'
import { barriers } from './axe.ts'
import { type ReviewBench, openReview, startReviewHost } from './review-host.ts'

const REFUSED = /403 \(Forbidden\)/
const OFFLINE = /ERR_INTERNET_DISCONNECTED/

/** What a reviewer is told where something does not work, and how to go on. */
export function describeReviewFailures({ makeApp, browser }: ReviewBench): void {
  it('says that a session has ended, and goes on after another one began', async () => {
    const host = await startReviewHost(makeApp)
    await host.flag({ inputs: { prompt: 'only' } })
    const page = await openReview(browser(), host, '', {}, REFUSED)
    await page.getByRole('link', { name: 'only' }).waitFor()
    host.allowed.clear()
    const alert = page.getByRole('alert').filter({ hasText: 'Your session may have ended' })
    await alert.waitFor()
    expect(await barriers(page)).toEqual([])
    // What was there can still be read.
    await page.getByRole('link', { name: 'only' }).click()
    await page
      .getByRole('region', { name: /^Sample\b/ })
      .getByText('Inputs')
      .waitFor()
    for (const action of ['flag', 'review', 'edit']) host.allowed.add(action)
    await alert.getByRole('button', { name: 'Try again' }).click()
    await alert.waitFor({ state: 'detached' })
    await host.flag({ inputs: { prompt: 'another' } })
    const pill = page.getByRole('button', { name: '1 new' })
    await pill.or(page.getByRole('link', { name: 'another' })).waitFor()
  })

  it('keeps a mark and a note that could not be saved, and saves them later', async () => {
    const host = await startReviewHost(makeApp)
    for (const prompt of ['one', 'two']) await host.flag({ inputs: { prompt } })
    const page = await openReview(browser(), host, '', {}, OFFLINE)
    await page.getByRole('link', { name: 'two' }).click()
    await page.context().setOffline(true)
    await page.keyboard.press('r')
    const alert = page.getByRole('alert').filter({ hasText: 'A mark was not saved.' })
    await alert.getByText('The server does not answer.').waitFor()
    await page.keyboard.press('n')
    await page.keyboard.type('mine')
    await page.keyboard.press('Control+Enter')
    await page.getByText('Not saved. The server does not answer.', { exact: true }).waitFor()
    expect(await page.getByLabel('Note').inputValue()).toBe('mine')
    expect(await barriers(page)).toEqual([])

    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: 'one' }).getByText('Noted').waitFor()
    await alert.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('link', { name: 'two' }).getByText('Reviewed').waitFor()
    expect(await page.getByText('was not saved').count()).toBe(0)
  })

  it('says that nothing was deleted, and tries again', async () => {
    const host = await startReviewHost(makeApp)
    for (const prompt of ['one', 'two']) await host.flag({ inputs: { prompt } })
    const page = await openReview(browser(), host, '', {}, OFFLINE)
    await page.getByRole('link', { name: 'two' }).click()
    await page.keyboard.press('Delete')
    await page.context().setOffline(true)
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Delete for good' }).click()
    await dialog.getByText('Not deleted. The server does not answer.').waitFor()
    await page.context().setOffline(false)
    await dialog.getByRole('button', { name: 'Try again' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await host.log()).not.toContain('two')
  })

  it('says why there is no list, and asks again', async () => {
    const host = await startReviewHost(makeApp)
    await host.flag({ inputs: { prompt: 'only' } })
    const page = await openReview(browser(), host, '', {}, OFFLINE)
    await page.getByRole('link', { name: 'only' }).waitFor()
    await page.context().setOffline(true)
    await page.getByLabel('Sort').selectOption('Oldest')
    const alert = page.getByRole('alert').filter({ hasText: 'The server does not answer.' })
    await alert.first().waitFor()
    await page.context().setOffline(false)
    await alert.getByRole('button', { name: 'Try again' }).first().click()
    await alert.first().waitFor({ state: 'detached' })
    expect(await page.locator('.row').count()).toBe(1)
  })

  it('says that a sample of a link is not there any more', async () => {
    const host = await startReviewHost(makeApp)
    await host.flag({ inputs: { prompt: 'only' } })
    const gone = `${Buffer.from('["","logs.csv",0]').toString('base64url')}.${'A'.repeat(22)}`
    const page = await openReview(browser(), host, `?sample=${gone}`, {}, /404/)
    await page.getByText('This sample is not there any more.').waitFor()
    expect(await barriers(page)).toEqual([])
  })

  it('is not shown to those who may not see it', async () => {
    const host = await startReviewHost(makeApp)
    host.allowed.delete('review')
    for (const path of ['', '/about', '/samples', '/counts', '/page.js']) {
      expect((await fetch(`${host.url}/flag/review${path}`)).status).toBe(403)
    }
  })
}
