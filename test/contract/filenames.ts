import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { CSVLogger } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import * as api from './api.ts'
import { type Adapter, route, use } from './host.ts'
import { loaded, loadedInputs } from './loaded.ts'
import { png } from './png.ts'
import { everyFile, World } from './world.ts'
import { postParts, rowsOf, send, upload } from './wire.ts'

const PAGE = Buffer.from('<script>alert(1)</script>')
const TEXT = Buffer.from('just text\n')

/** Names of files, with the type that came along, the content, and the extension it is stored by. */
const FILES: Record<string, readonly [name: string, type: string, bytes: Buffer, ext: string]> = {
  climbing: ['../../etc/passwd', '', TEXT, 'bin'],
  windows: ['..\\..\\x', '', TEXT, 'bin'],
  absolute: ['/etc/cron.d/x', '', TEXT, 'bin'],
  drive: ['C:\\x.txt', 'text/plain', TEXT, 'txt'],
  'zero-byte': ['a.png\0.html', 'image/png', PAGE, 'png'],
  'coded-nul': ['a.png%00.html', 'text/html', PAGE, 'bin'],
  entities: ['&#0046;&#0046;&#0047;x&#0000;.html', 'text/html', PAGE, 'bin'],
  php: ['shell.php', 'application/x-httpd-php', Buffer.from('<?php 1;'), 'bin'],
  'php-jpg': ['x.php.jpg', 'image/jpeg', Buffer.from('<?php 1;'), 'jpg'],
  svg: ['x.svg', 'image/svg+xml', Buffer.from('<svg onload="alert(1)"/>'), 'bin'],
  'svg-png': ['x.png', 'image/png', Buffer.from('<svg onload="alert(1)"/>'), 'png'],
  script: ['x.js', 'text/javascript', Buffer.from('alert(1)'), 'bin'],
  htaccess: ['.htaccess', '', TEXT, 'bin'],
  'web-config': ['web.config', 'text/xml', TEXT, 'bin'],
  dot: ['x.jpg.', '', TEXT, 'bin'],
  long: [`${'n'.repeat(300)}.png`, 'image/png', png(1), 'png'],
  longer: [`${'n'.repeat(12_000)}.png`, 'image/png', png(2), 'png'],
  device: ['nul.tar.gz', '', TEXT, 'bin'],
  stream: ['a::$DATA', '', TEXT, 'bin'],
  formula: ["=cmd|'/c calc'!A1.csv", 'text/csv', Buffer.from('=1+1,2\n'), 'csv'],
  markup: ['"><img src=x onerror=alert(1)>.png', 'image/png', png(3), 'png'],
  'no-extension': ['picture', 'image/png', png(4), 'png'],
  'type-lies': ['x.png', 'text/html', png(5), 'png'],
  'both-lie': ['x.html', 'text/html', png(6), 'png'],
  'wild-type': ['x', 'image/../../x', TEXT, 'bin'],
  'upper-case': ['x.PNG', 'IMAGE/PNG', png(7), 'png'],
}

const HTML_TYPES = /\.(html?|svg|xml|js|php|htaccess|config)$/i

/** Names of fields that are folders in the end. */
const FIELDS: readonly string[] = [
  '../../x',
  '/abs',
  'a/b',
  'a\\b',
  '',
  '.',
  '..',
  ' ',
  '...',
  'CON',
  'nul.txt',
  'a:b',
  'a ',
  'a.',
  'A',
  'a',
  'logs.csv',
  '.flagging',
  '__proto__',
  'a,b',
  'a\nb',
  '=HYPERLINK("http://x")',
  '@sum',
  'é',
  'e\u0301',
  '😀'.repeat(100),
  'x'.repeat(300),
]

/** What clients call their files and fields never leaves its place. */
export function filenamesContract(adapter: Adapter): void {
  const start = async (...names: readonly string[]) => {
    const world = await World.make(adapter)
    const routes = names.map((name) => route(`POST /${name}`, api.sink))
    const server = await world.serve(
      use(world.flagging({ mode: 'auto', limits: { files: 40 } })),
      ...routes,
    )
    return { world, server }
  }

  describe('names of files and fields', () => {
    test('a file is stored by its number and an extension from the list, whatever its name', async () => {
      const { world, server } = await start(...Object.keys(FILES))
      for (const [path, [name, type, bytes]] of Object.entries(FILES)) {
        await send(server, `/${path}`, postParts({ doc: upload(bytes, name, type) }))
      }
      await world.flush()
      const inputs = await loadedInputs(world)
      const files = await world.files()
      for (const [path, [, , bytes, ext]] of Object.entries(FILES)) {
        expect([path, inputs[path]?.['doc']]).toEqual([path, bytes])
        const [stored, ...more] = files.filter((file) => file.startsWith(`${path}/doc/`))
        expect([path, more, stored]).toEqual([
          path,
          [],
          expect.stringMatching(new RegExp(`/doc/0(-0)?\\.${ext}$`)),
        ])
      }
      expect(files.some((file) => HTML_TYPES.test(file))).toBe(false)
      await expectContained(world)
    })

    test('a field is a folder of one level, and a header that says its name', async () => {
      const { world, server } = await start('sink')
      const parts = FIELDS.map((name, n) => [name, upload(png(n), 'x.png')] as const)
      const form = new FormData()
      for (const [name, file] of parts) form.append(name, file)
      await send(server, '/sink', { method: 'POST', body: form })
      await world.flush()
      const inputs = (await loaded(world))['sink']?.[0]?.inputs ?? {}
      const values = Object.values(inputs)
      // Line breaks are written as CRLF by the client, long labels are shortened by us.
      expect(values).toEqual(parts.map((_, n) => png(n)))
      const labels = Object.keys(inputs)
      expect(labels.slice(0, 4)).toEqual(['../../x', '/abs', 'a/b', 'a\\b'])
      expect(labels).toContain('=HYPERLINK("http://x")')
      expect(labels).toContain('__proto__')
      const [header = []] = rowsOf(await world.read('sink/logs.csv'))
      for (const cell of header) expect(cell).not.toMatch(/^\s*[=+@-]/)
      const folders = (await world.files()).filter((file) => file.endsWith('.png'))
      expect(folders).toHaveLength(FIELDS.length)
      for (const path of folders) {
        const [, folder = '', file, ...deeper] = path.split('/')
        expect([file, deeper]).toEqual(['0.png', []])
        expect(Buffer.byteLength(folder)).toBeLessThanOrEqual(100)
        expect(folder).not.toMatch(/^[. ]|[\0-\x1f\\:]|[. ]$/)
      }
      await expectContained(world)
    })

    test('the same name at the same instant is two files', async () => {
      const { world, server } = await start('sink')
      const pictures = [1, 2, 3, 4].map((seed) => upload(png(seed), 'same.png'))
      await Promise.all(pictures.map((im) => send(server, '/sink', postParts({ im }))))
      await world.flush()
      const { sink = [] } = await loaded(world)
      const found = sink.map(({ inputs }) => (inputs['im'] as Buffer).toString('hex'))
      const sent = [1, 2, 3, 4].map((seed) => png(seed).toString('hex'))
      expect(found.toSorted()).toEqual(sent.toSorted())
    })

    test('ever new names make no folders without bound', async () => {
      const world = await World.make(adapter)
      const callback = () => new CSVLogger({ columns: ['id'] })
      const limits = { columns: 4 }
      const flagging = world.flagging({ mode: 'auto', callback, limits })
      const server = await world.serve(use(flagging), route('POST /sink', api.sink))
      for (let n = 0; n < 16; n++) {
        await send(server, '/sink', postParts({ [`f${n}`]: upload(png(1)) }))
        if (n < 6) await world.flush()
      }
      await world.flush()
      const folders = new Set((await world.files()).map((path) => path.split('/')[1]))
      expect([...folders].filter((name) => !name?.startsWith('logs')).length).toBeLessThan(4)
      expect((await loaded(world))['sink']).toHaveLength(16)
    })
  })
}

/** Nothing lies outside of `dir`, and in it are regular files of the owner alone. */
async function expectContained(world: World): Promise<void> {
  const paths = await everyFile(world.root)
  expect(paths.every((path) => path.startsWith('flagged/'))).toBe(true)
  for (const path of paths) {
    const stat = await lstat(join(world.root, path))
    expect([path, stat.isFile(), stat.mode & 0o777]).toEqual([path, true, 0o600])
  }
}
