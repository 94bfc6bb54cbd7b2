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

async function flag(page, name, run) {
  const section = page.getByRole('region', { name })
  await section.getByRole('button', { name: run }).click()
  await section.getByRole('button', { name: 'Flag', exact: true }).click()
  await section.getByRole('button', { name: /^Use example/ }).waitFor()
}
