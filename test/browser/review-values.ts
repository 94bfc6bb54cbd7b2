import { expect, it } from 'vitest'
import { wav } from '../contract/wav.ts'
import { type ReviewBench, type ReviewHost, openReview, startReviewHost } from './review-host.ts'
import { PNG } from './stored.ts'

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</textarea><svg onload=alert(1)>',
  '${7*7} {{7*7}} <%= 7*7 %>',
  'javascript:alert(1)',
  '"><a href="javascript:alert(1)">x</a>',
  "' onfocus=alert(1) autofocus='",
]

/** How the values of samples are shown, whatever is in them. */
export function describeReviewValues({ makeApp, browser }: ReviewBench): void {
  it.each(HOSTILE)('shows %s as text', async (attack) => {
    const host = await startReviewHost(makeApp, { username: () => attack })
    await host.flag({
      inputs: { prompt: attack, data: { [attack]: { [attack]: [attack] } } },
      outputs: {
        Output: attack,
        scores: { label: attack, confidences: [{ label: attack, confidence: 1 }] },
      },
      option: 'Incorrect',
      comment: attack,
    })
    const page = await openReview(browser(), host)
    await page.locator('.row a').click()
    const sample = page.getByRole('region', { name: /^Sample\b/ })
    await sample.locator('.tree summary').nth(1).click()
    await sample.locator('.tree summary').nth(2).click()
    await expect
      .poll(async () => (await sample.innerText()).replaceAll('\n', ' ').split(attack).length)
      .toBeGreaterThanOrEqual(8)
    expect(await sample.locator('script, iframe, object, embed, svg:not(.bar)').count()).toBe(0)
    expect(await sample.locator('img').count()).toBe(0)
    const links = page.locator('a')
    for (const href of await links.evaluateAll((all) =>
      all.map((one) => one.getAttribute('href')),
    )) {
      expect(href).toMatch(/^(?:\/flag\/review\?|http:\/\/127\.0\.0\.1:\d+\/flag\/review\/)/)
    }
  })

  it('shows keys such as __proto__ as they were sent, and JSON as far as it is unfolded', async () => {
    const host = await startReviewHost(makeApp)
    const data = `{"__proto__":{"polluted":"yes"},"constructor":"c","deep":${nested(50)}}`
    await flagJSON(host, data)
    const page = await openReview(browser(), host)
    await page.getByRole('link', { name: 'nested' }).click()
    const sample = page.getByRole('region', { name: /^Sample\b/ })
    await sample.locator('summary', { hasText: '__proto__' }).click()
    await sample.getByText('polluted').waitFor()
    await sample.getByText('constructor').first().waitFor()
    await sample.locator('summary', { hasText: /^deep: / }).click()
    const deeper = sample.locator('summary', { hasText: /^in: / })
    for (let n = 0; n < 5; n++) await deeper.nth(n).click()
    await expect.poll(() => deeper.count()).toBe(6)
    expect(await page.evaluate('({}).polluted')).toBeUndefined()
  })

  it('shows JSON that is nested too deep for a tree as text', async () => {
    const host = await startReviewHost(makeApp)
    await flagJSON(host, nested(3_000).replace('1', '"the end"'))
    const page = await openReview(browser(), host)
    await page.getByRole('link', { name: 'nested' }).click()
    const sample = page.getByRole('region', { name: /^Sample\b/ })
    await sample.getByRole('button', { name: /^Show/ }).click()
    await expect.poll(() => sample.innerText()).toContain('"the end"}}}')
  })

  it('names characters that turn a text around, and keeps them inside of it', async () => {
    const host = await startReviewHost(makeApp)
    await host.flag({ inputs: { prompt: 'photo\u202egpj.exe\u0007' }, comment: 'مرحبا' })
    const page = await openReview(browser(), host)
    await page.locator('.row a').click()
    const sample = page.getByRole('region', { name: /^Sample\b/ })
    expect(await sample.locator('dd').first().innerText()).toBe('photoU+202Egpj.exeU+0007')
    const directions = `['مرحبا', 'Comment'].map((text) => getComputedStyle([...document.querySelectorAll('.sample *')].find((one) => one.children.length === 0 && one.textContent === text)).direction)`
    expect(await page.evaluate(directions)).toEqual(['rtl', 'ltr'])
  })

  it('fetches a long text when it is wanted', async () => {
    const host = await startReviewHost(makeApp)
    const long = `begin ${'0123456789 '.repeat(9_000)}<b>end</b>`
    await host.flag({ inputs: { prompt: 'long' }, outputs: { Output: long } })
    const page = await openReview(browser(), host)
    await page.getByRole('link', { name: 'long' }).click()
    const sample = page.getByRole('region', { name: /^Sample\b/ })
    expect(await sample.innerText()).not.toContain('<b>end</b>')
    await sample.getByRole('button', { name: 'Show all 99,016 characters' }).click()
    await sample.getByText('<b>end</b>').waitFor()
    expect((await sample.innerText()).length).toBeGreaterThan(long.length)
  })

  it('shows a text that was stored beside the log', async () => {
    const host = await startReviewHost(makeApp)
    await host.flag({ inputs: { prompt: `${'far '.repeat(40_000)}<i>end</i>` } })
    const page = await openReview(browser(), host)
    await page.locator('.row a').click()
    const sample = page.getByRole('region', { name: /^Sample\b/ })
    await sample.getByRole('button', { name: /^Show/ }).click()
    await expect.poll(() => sample.innerText()).toContain('<i>end</i>')
  })

  it('plays sounds', async () => {
    const host = await startReviewHost(makeApp)
    const sound = { name: 'tone.wav', type: 'audio/wav', bytes: wav(4_000) }
    await host.flag({ inputs: { prompt: 'listen' }, files: { sound } })
    const page = await openReview(browser(), host)
    await page.getByRole('link', { name: 'listen' }).click()
    const player = page.locator('.sample audio')
    await player.evaluate((audio: unknown) => {
      const one = audio as { muted: boolean; play(): Promise<void> }
      one.muted = true
      return one.play()
    })
    await expect
      .poll(() =>
        player.evaluate((audio) => (audio as unknown as { currentTime: number }).currentTime),
      )
      .toBeGreaterThan(0.1)
  })

  it.each([
    ['page.html', 'text/html', '<script>parent.alert(1)</script><img src=x onerror=alert(1)>'],
    [
      'icon.svg',
      'image/svg+xml',
      '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    ],
    ['run.js', 'text/javascript', 'alert(1)'],
    ['feed.xml', 'text/xml', '<?xml-stylesheet href="x.xsl"?><a/>'],
  ])('offers %s as a download alone', async (name, type, content) => {
    const host = await startReviewHost(makeApp)
    const doc = { name, type, bytes: Buffer.from(content) }
    await host.flag({ inputs: { prompt: 'active' }, files: { doc } })
    const page = await openReview(browser(), host)
    await page.getByRole('link', { name: 'active' }).click()
    const sample = page.getByRole('region', { name: /^Sample\b/ })
    const links = sample.getByRole('link')
    await links.first().waitFor()
    expect(await links.allTextContents()).toEqual(['Download'])
    expect(await sample.locator('img, audio, video, iframe, object').count()).toBe(0)
    const [download] = await Promise.all([page.waitForEvent('download'), links.click()])
    expect(await download.failure()).toBeNull()

    // Its address, opened by itself, runs nothing either.
    const address = (await links.getAttribute('href')) ?? ''
    const response = await fetch(address)
    expect(response.headers.get('content-disposition')).toMatch(/^attachment/)
    expect(response.headers.get('content-security-policy')).toMatch(/sandbox/)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('shows a picture that is HTML as well as a picture', async () => {
    const host = await startReviewHost(makeApp)
    const im = { name: 'both.png', type: 'image/png', bytes: polyglot() }
    await host.flag({ inputs: { prompt: 'both' }, files: { im } })
    const page = await openReview(browser(), host)
    await page.getByRole('link', { name: 'both' }).click()
    await expect
      .poll(() => page.evaluate(`document.querySelector('.sample img')?.naturalWidth`))
      .toBe(1)
    const [opened] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('link', { name: 'Open' }).click(),
    ])
    await opened.waitForLoadState()
    expect(await opened.evaluate('document.contentType')).toBe('image/png')
    await opened.close()
  })

  it('says that a file is gone', async () => {
    const host = await startReviewHost(makeApp)
    const im = { name: 'dot.png', type: 'image/png', bytes: PNG }
    await host.flag({ inputs: { prompt: 'gone' }, files: { im } })
    await host.removeFile('im/0.png')
    const page = await openReview(browser(), host)
    await page.getByRole('link', { name: 'gone' }).click()
    const sample = page.getByRole('region', { name: /^Sample\b/ })
    await expect.poll(() => sample.innerText()).toContain('Its file is gone.')
  })
}

/** JSON that goes so many levels down. */
function nested(depth: number): string {
  return `${'{"in":'.repeat(depth)}1${'}'.repeat(depth)}`
}

async function flagJSON(host: ReviewHost, data: string): Promise<void> {
  const response = await fetch(`${host.url}/flag`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: `{"inputs":{"prompt":"nested","data":${data}},"outputs":{},"option":"Incorrect"}`,
  })
  expect(response.status).toBe(201)
}

/** A PNG with a page behind its end. */
function polyglot(): Buffer {
  const html = Buffer.from('<html><body><script>alert(1)</script></body></html>')
  return Buffer.concat([PNG, html])
}
