import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))
const unpacked = `${cache}chromium-147`
const fontsFile = `${unpacked}/fonts.conf`
const args = ['--no-sandbox', '--disable-gpu']

/**
 * Starts a Chromium: the one that `CHROMIUM_PATH` names, else the one that npm has installed (for
 * Linux on x64), else one of the system. Rejects with what to do if none starts.
 */
export async function launchChromium(): Promise<Browser> {
  const named = process.env.CHROMIUM_PATH
  const failures: string[] = []
  for (const path of named ? [named] : [bundled, '/usr/bin/chromium', '/usr/bin/google-chrome']) {
    try {
      return typeof path === 'string'
        ? await chromium.launch({ executablePath: path, args })
        : await path()
    } catch (error) {
      failures.push(String(error))
    }
  }
  throw new Error(
    'No Chromium starts here. Install one and set CHROMIUM_PATH to its executable ' +
      `(on Debian: apt-get install chromium).\n${failures.join('\n')}`,
  )
}

/** The browser of `@sparticuz/chromium`, with the libraries and fonts that it brings along. */
async function bundled(): Promise<Browser> {
  await unpack()
  const libraries = [`${unpacked}/al2023/lib`, process.env.LD_LIBRARY_PATH].filter(Boolean)
  return chromium.launch({
    executablePath: `${unpacked}/chromium`,
    args,
    env: {
      ...(process.env as Record<string, string>),
      LD_LIBRARY_PATH: libraries.join(':'),
      FONTCONFIG_FILE: fontsFile,
    },
  })
}

/** Unpacks it once, in a process of its own since it goes by the environment. */
async function unpack(): Promise<void> {
  if (existsSync(unpacked)) return
  await mkdir(cache, { recursive: true })
  const draft = await mkdtemp(`${cache}chromium-`)
  const program = 'import(process.argv[1]).then((m) => m.default.executablePath())'
  const module = import.meta.resolve('@sparticuz/chromium')
  const env = { ...process.env, TMPDIR: draft, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' }
  await promisify(execFile)(process.execPath, ['-e', program, module], { env })
  // Its own names folders of another machine; without a single font a page ends the browser.
  const fonts = `<fontconfig><dir>${unpacked}/fonts</dir><cachedir>${unpacked}/cache</cachedir></fontconfig>`
  await writeFile(`${draft}/fonts.conf`, fonts)
  // Another test may have been faster.
  await rename(draft, unpacked).catch(() => rm(draft, { recursive: true }))
}
