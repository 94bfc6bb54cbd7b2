// `npm run screenshots`: the pictures of the README, from the running demo in a real browser.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launchChromium } from '../test/browser/launch-chromium.ts'
import { buildPages } from './build-pages.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const pictures = join(root, 'docs/screenshots')
const dir = await mkdtemp(join(tmpdir(), 'flagging-screenshots-'))
await mkdir(pictures, { recursive: true })
await buildPages()
const demo = spawn(
  process.execPath,
  [
    `--import=${new URL('./typescript.mjs', import.meta.url)}`,
    '--conditions=@flagging/source',
    join(root, 'examples/demo/server.ts'),
  ],
  { cwd: dir, env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] },
)
const browser = await launchChromium()
try {
  const [line] = await once(demo.stdout.setEncoding('utf8'), 'data')
  const [url = ''] = /http:\S+/.exec(line) ?? []
  for (const scheme of ['light', 'dark']) await picture(browser, url, scheme)
  await flagMore(browser, url)
  const wide = { width: 1300, height: 820 }
  for (const scheme of ['light', 'dark']) await review(browser, url, scheme, wide, scheme)
  await review(browser, url, 'light', { width: 390, height: 780 }, 'phone')
} finally {
  await browser.close()
  demo.kill()
  await once(demo, 'exit')
  await rm(dir, { recursive: true })
}

/** The demo with something flagged, and the buttons in each state. */
async function picture(one, url, scheme) {
  const page = await one.newPage({
    viewport: { width: 1000, height: 1180 },
    colorScheme: scheme,
    reducedMotion: 'reduce',
  })
  await page.goto(url)
  await flag(page, 'Calculator', 'Calculate')
  await flag(page, 'Sepia', 'Make sepia')
  await page.mouse.move(0, 0)
  await page.evaluate('document.activeElement.blur(); scrollTo(0, 0)')
  await page.screenshot({ path: join(pictures, `demo-${scheme}.png`) })

  const classifier = page.getByRole('region', { name: 'Warm or cool' })
  await classifier.getByRole('button', { name: 'Classify' }).click()
  await classifier.getByRole('button', { name: 'Flag as Incorrect' }).click()
  await classifier.getByLabel('Comment').fill('It is a cold evening.')
  await classifier.locator('flag-button').screenshot({
    path: join(pictures, `button-${scheme}.png`),
  })
  await page.close()
}

/** Some more samples, so that there is something to review. */
async function flagMore(one, url) {
  const page = await one.newPage()
  await page.goto(url)
  const chat = page.getByRole('region', { name: 'Streaming chat' })
  for (const [question, correction] of [
    ['Why is the sky blue?', 'Air scatters blue light more than red.'],
    ['How far away is the moon?', '384,400 km on average.'],
  ]) {
    await chat.getByLabel('Question').fill(question)
    await chat.getByRole('button', { name: 'Ask' }).click()
    await chat.getByRole('button', { name: 'Flag as Wrong' }).click()
    await chat.getByLabel('What it should have been').fill(correction)
    await chat.getByRole('button', { name: 'Save' }).click()
    await chat.getByText('flagged/chat/logs.csv has').waitFor()
  }
  const classifier = page.getByRole('region', { name: 'Warm or cool' })
  for (const [reason, comment] of [
    ['Other', 'The lake alone would be cool.'],
    ['Incorrect', 'It is a cold evening.'],
  ]) {
    await classifier.getByRole('button', { name: 'Classify' }).click()
    await classifier.getByRole('button', { name: `Flag as ${reason}` }).click()
    await classifier.getByLabel('Comment').fill(comment)
    await classifier.getByRole('button', { name: 'Save' }).click()
    await classifier.getByText('flagged/classifier/logs.csv has').waitFor()
  }
  await page.close()
}

/** The review page with a sample open. */
async function review(one, url, scheme, viewport, name) {
  const page = await one.newPage({ viewport, colorScheme: scheme, reducedMotion: 'reduce' })
  await page.goto(`${url}/flag/review`)
  await page.getByText('warm', { exact: false }).first().waitFor()
  await page.getByRole('link', { name: 'num1' }).first().click()
  await page.keyboard.press('r')
  await page.getByRole('link', { name: 'im 1 picture' }).first().click()
  await page.getByText('It is a cold evening.').waitFor()
  await page.waitForLoadState('networkidle')
  await page.mouse.move(0, 0)
  await page.evaluate('document.activeElement.blur()')
  await page.screenshot({ path: join(pictures, `review-${name}.png`) })
  await page.close()
}

async function flag(page, name, run) {
  const section = page.getByRole('region', { name })
  await section.getByRole('button', { name: run }).click()
  await section.getByRole('button', { name: 'Flag', exact: true }).click()
  await section.getByRole('button', { name: /^Use example/ }).waitFor()
}
