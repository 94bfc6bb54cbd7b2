import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileCell, parseStoredPath } from '../src/store/cells.ts'
import { endpointFolder, labelFolders } from '../src/store/label-folder.ts'

const DEVICES =
  'CON PRN AUX NUL COM1 COM9 LPT1 COM¹ LPT³ CONIN$ conout$ ＣＯＮ nul.tar.gz con.'.split(' ')
const OURS = 'logs.csv logs2.csv LOGS12.CSV log.csv .flagging .Flagging lo\u200dgs.csv'.split(' ')

const label = fc.oneof(
  fc.constantFrom(
    ...DEVICES,
    ...OURS,
    '',
    '.',
    '..',
    '...',
    ' ',
    '_',
    '%',
    '~',
    '%25',
    '%5F',
    'a~0',
  ),
  fc.constantFrom(
    'im',
    'Im',
    'IM',
    'é',
    'e\u0301',
    'É',
    'ﬁ',
    'fi',
    '𝐀',
    'a',
    'straße',
    'STRASSE',
    'İ',
    'i\u0307',
  ),
  fc.constantFrom('../../x', '/abs', 'a/b', 'a\\b', 'a:b', 'C:', 'a.', 'a ', ' a', '.a', 'a\u3000'),
  fc.constantFrom('=1+1', '+a', '-a', '@a', '＝a', '\u2212a', "'a", '"a"', '\u200b=a', '\u200d=a'),
  fc.constantFrom(
    '\ud800',
    '\udc00',
    '\0',
    '\n',
    '\ufeffa',
    '\u202ea',
    'a\u{e0041}',
    '👩‍💻',
    '❤',
    '❤️',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc
    .tuple(
      fc.constantFrom('x', '日', '😀', '%', '\ud800', 'nul.', '/'),
      fc.integer({ min: 20, max: 300 }),
    )
    .map(([unit, times]) => unit.repeat(times)),
)

/** Written anew on purpose: what is wrong with a folder's name on some system. */
function faultsOf(name: string): string[] {
  const faults: string[] = []
  if (Buffer.byteLength(name) > 100) faults.push('too long')
  if (!name.isWellFormed()) faults.push('not UTF-8')
  if (/[<>:"/\\|?*\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) faults.push('forbidden character')
  if (name === '' || name.startsWith('.')) faults.push('empty or hidden')
  if (/^[\s\p{Cf}\p{Default_Ignorable_Code_Point}]|[\s.]$/u.test(name))
    faults.push('blank or dot at an end')
  if (/^[=+\-@'＝＋－＠\u2212\ufe62\ufe63\ufe66\ufe6b]/.test(name)) faults.push('formula or mark')
  const folded = name.normalize('NFKC').replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
  if (/^(con|prn|aux|nul|(com|lpt)\d|con(in|out)\$)[ ]*(\.|$)/i.test(folded)) faults.push('device')
  if (/^(logs?\d*\.csv|\.flagging)$/i.test(folded)) faults.push('ours')
  return faults
}

/** What a file system that ignores case and normalises makes of a name. */
const views: ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toLowerCase(),
  (name) => name.toUpperCase(),
  (name) => name.normalize('NFC').toLowerCase(),
  (name) => name.normalize('NFD').toUpperCase(),
  (name) => name.normalize('NFKC').toLowerCase(),
]

describe('labelFolders', () => {
  it('leaves ordinary labels alone', () => {
    const labels = [
      'im',
      'Output',
      'num 1',
      '日本',
      'user.name',
      'a,b',
      'f(x)',
      '[0]',
      '#1',
      'C++',
      '👩‍💻',
    ]
    expect(labelFolders(labels)).toEqual(labels)
  })

  it.each([
    ['../../x', '%2E.%2F..%2Fx'],
    ['', '_'],
    ['_', '%5F'],
    ['.', '%2E'],
    ['...', '%2E.%2E'],
    [' ', '%20'],
    ['100%', '100%25'],
    ['a~1', 'a%7E1'],
    ['CON', '%43ON'],
    ['nul.tar.gz', '%6Eul.tar.gz'],
    ['COM¹', '%43OM¹'],
    ['logs.csv', '%6Cogs.csv'],
    ['=1', '%3D1'],
    ['\ud800', '%ED%A0%80'],
  ])('gives the label %j the folder %s', (name, folder) => {
    expect(labelFolders([name])).toEqual([folder])
  })

  it('gives different labels names that no system takes for one, and each a valid one', () => {
    let collisions = 0
    let cuts = 0
    fc.assert(
      fc.property(fc.uniqueArray(label, { maxLength: 12 }), (labels) => {
        const folders = labelFolders(labels)
        for (const view of views) expect(new Set(folders.map(view)).size).toBe(labels.length)
        for (const folder of folders) {
          expect([folder, faultsOf(folder)]).toEqual([folder, []])
          expect(parseStoredPath(fileCell([`${folder}/0.png`]))?.folder).toBe(folder)
          if (/~[0-9a-f]{16}$/.test(folder)) {
            if (Buffer.byteLength(folder) > 90) cuts++
            else collisions++
          }
        }
      }),
      { numRuns: 3000 },
    )
    expect(Math.min(collisions, cuts)).toBeGreaterThan(50)
  })

  it('gives different labels different names across lists, unless only their case is different', () => {
    const labelOf = new Map<string, string>()
    fc.assert(
      fc.property(label, (name) => {
        const [folder = ''] = labelFolders([name])
        expect(labelOf.get(folder) ?? name).toBe(name)
        labelOf.set(folder, name)
      }),
      { numRuns: 3000 },
    )
    expect(labelOf.size).toBeGreaterThan(500)
  })

  it('changes no name when labels are added behind it', () => {
    fc.assert(
      fc.property(fc.array(label), fc.array(label), (labels, more) => {
        expect(labelFolders([...labels, ...more]).slice(0, labels.length)).toEqual(
          labelFolders(labels),
        )
      }),
    )
    expect(labelFolders(['im', 'IM', 'im'])).toEqual(['im', expect.stringMatching(/^IM~/), 'im'])
  })

  describe('on this file system', () => {
    let dir: string
    beforeEach(async () => {
      dir = await mkdtemp(join(tmpdir(), 'label-folder-'))
    })
    afterEach(() => rm(dir, { recursive: true }))

    it('makes one folder of each label, and none elsewhere', async () => {
      const labels = [...new Set(fc.sample(label, { numRuns: 500, seed: 1 }))]
      const folders = labelFolders(labels)
      for (const folder of folders) await mkdir(join(dir, folder))
      expect((await readdir(dir)).toSorted()).toEqual(folders.toSorted())
    })
  })
})

describe('endpointFolder', () => {
  it.each([
    ['POST', '/calculate', 'calculate'],
    ['POST', '/v1/chat/completions', 'v1.chat.completions'],
    ['PUT', '/items/:id', 'PUT.items.{id}'],
    ['POST', '/', 'index'],
    ['GET', '/', 'GET.index'],
    ['POST', '/items/:id{[0-9]{2,}}/x', 'items.{id}.x'],
    ['POST', '/items/:id(\\d+)/x', 'items.{id}.x'],
    ['POST', '/items/:id?', 'items.{id}'],
    ['POST', '/flights/:from-:to', 'flights.{from}-{to}'],
    ['POST', '/日本/:名', '日本.{名}'],
    ['POST', '/files/*', 'files.%2A'],
    ['POST', '/index', '%69ndex'],
    ['GET', '/index', 'GET.%69ndex'],
    ['POST', '/_other', '%5Fother'],
    ['POST', '/GET/x', '%47ET.x'],
    ['POST', '/get/x', 'get.x'],
    ['GET', '/x', 'GET.x'],
    ['POST', '/a.b', 'a%2Eb'],
    ['POST', '/{id}', '%7Bid%7D'],
    ['POST', '/items/', 'items._'],
    ['POST', '/logs/csv', '%6Cogs.csv'],
    ['POST', '/nul/x', '%6Eul.x'],
    ['POST', '/=a', '%3Da'],
  ])('calls %s %s %s', (method, pattern, folder) => {
    expect(endpointFolder(method, pattern)).toBe(folder)
  })

  it('gives different endpoints different and valid names', () => {
    const literal = fc.oneof(
      fc.constantFrom(
        'MINE',
        'A',
        'B',
        'GET',
        'PUT',
        'index',
        '_other',
        '_',
        '',
        '.',
        'a.b',
        'logs',
        'csv',
        'con',
        'nul',
      ),
      fc.constantFrom('{id}', '%2E', '%', '*', '~', '=', '-', 'x'.repeat(60), 'id', 'a', 'b', "'"),
      fc.string({ unit: 'binary', maxLength: 4 }).map((part) => part.replaceAll(/[/:]/g, '')),
    )
    const parameter = fc.constantFrom(':id', ':a', ':GET', ':index')
    const segments = fc.array(fc.oneof(literal, parameter), { maxLength: 4 })
    const method = fc.constantFrom('POST', 'GET', 'PUT', 'PROPFIND', 'MINE', 'A.B', 'A')
    const endpointOf = new Map<string, string>()
    fc.assert(
      fc.property(method, segments, (verb, parts) => {
        const pattern = `/${parts.join('/')}`
        const folder = endpointFolder(verb, pattern)
        expect([folder, faultsOf(folder)]).toEqual([folder, []])
        expect(endpointOf.get(folder) ?? `${verb} ${pattern}`).toBe(`${verb} ${pattern}`)
        endpointOf.set(folder, `${verb} ${pattern}`)
      }),
      { numRuns: 5000 },
    )
    expect(endpointOf.size).toBeGreaterThan(2000)
  })

  it('names an endpoint of any length in 100 bytes', () => {
    const long = endpointFolder('PUT', `/${'segment/'.repeat(50)}`)
    expect(long).toMatch(/^PUT\.segment\..*~[0-9a-f]{16}$/)
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(100)
    expect(endpointFolder('PUT', `/${'segment/'.repeat(51)}`)).not.toBe(long)
  })

  it('ends on patterns whose brackets do not match', () => {
    for (const pattern of [
      '/:id{[0-9',
      '/:id(',
      '/:id{a}}',
      '/:',
      '/:id{',
      '/users{/:id}',
      '/:id\\',
    ]) {
      expect(faultsOf(endpointFolder('POST', pattern))).toEqual([])
    }
  })
})
