import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CSVLogger, loadExamples } from '@flagging/core'
import { nodeFileSystem } from '@flagging/core/store'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sourceName } from '../../src/transfer/source-name.ts'
import { createDatabase } from '../servers/database.ts'
import { startPostgres } from '../servers/postgres.ts'
import { flaggingHere, outcomeOf, runFlagging, startFlagging } from './command.ts'
import { fileOf, flag } from './flagged.ts'
import { samplesOf, temporary } from './samples-of.ts'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))

/** A directory with some rows, and an empty database. */
async function begun(rows = 3): Promise<{ dir: string; url: string; out: string }> {
  const dir = join(temporary(), 'flagged')
  await flag(
    dir,
    Array.from({ length: rows }, (_, n) => [n, `row ${n}`]),
  )
  return { dir, url: await createDatabase(), out: join(temporary(), 'out') }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

describe('the command line', () => {
  test.each([
    [['import', 'x'], 'import needs --to: an address'],
    [['export', 'x'], 'export needs --from: an address'],
    [['import', 'x', '--to'], '--to needs a value'],
    [['import', 'x', '--to', '--json'], '--to needs a value'],
    [['import', 'x', '--to=y', '--to', 'z'], '--to is given twice'],
    [['import', 'x', '--form', 'y'], 'Did you mean --to?'],
    [['import', 'x', '--from', 'y'], 'import has no option "--from"'],
    [['import', '--to', 'y'], 'import needs the directory'],
    [['exprot', 'x'], 'Did you mean export?'],
    [['verify', 'x', '--files', 'y'], 'verify has no option "--files"'],
  ])('%j is refused with what to type', async (args, message) => {
    const { code, stdout, stderr } = await flaggingHere(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr).toContain('flagging import DIR --to DATABASE')
  })

  test.each([
    ['no address', ['--to', 'secret word'], 'must be an address such as postgres://'],
    ['an address of something else', ['--to', 'http://u:secret@h/d'], 'must be an address'],
    ['no answer', ['--to', 'postgres://u:secret@127.0.0.1:1/d'], 'ECONNREFUSED'],
    [
      'a bucket with what no bucket has',
      ['--to', 'postgres', '--files', 's3://b?secret=1'],
      '--files',
    ],
    ['no schema', ['--to', 'postgres', '--schema', 'pg_x'], '`schema` must be the name'],
  ])('says what is wrong, and no password: %s', async (_, args, message) => {
    const { dir } = await begun(1)
    const env = { DATABASE_URL: 'postgres://u:secret@127.0.0.1:1/d', AWS_REGION: 'us-east-1' }
    const { code, stdout, stderr } = await runFlagging(['import', dir, ...args], { env })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr.replace('s3://b?secret=1', '').replace('"secret"', '')).not.toContain('secret')
  })

  test('`postgres` is the database of the environment, and nothing where that names none', async () => {
    const { dir, url } = await begun(2)
    const { hostname, port, pathname, username } = new URL(url)
    const none = { DATABASE_URL: '', PGHOST: '', PGPORT: '', PGDATABASE: '', PGUSER: '' }
    const args = ['import', dir, '--to', 'postgres', '--migrate']
    const refused = await runFlagging(args, { env: none })
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('set DATABASE_URL') })
    const asURL = await runFlagging(args, { env: { ...none, DATABASE_URL: url } })
    expect(asURL.stdout).toContain('2 samples imported')
    const parts = {
      PGHOST: hostname,
      PGPORT: port,
      PGDATABASE: pathname.slice(1),
      PGUSER: username,
    }
    const asParts = await runFlagging(args, { env: { ...none, ...parts } })
    expect(asParts.stdout).toContain(`0 samples imported into ${hostname}:${port}${pathname}`)
  })

  test('the package is found in the project; without it, the command says what to install', async () => {
    const { dir, url } = await begun(1)
    const project = temporary()
    const args = ['import', dir, '--to', url, '--migrate']
    // What starts the tests may say where to look for packages, too.
    const alone = { cwd: project, env: { NODE_PATH: '' } }
    const absent = await runFlagging(args, alone)
    expect(absent).toMatchObject({ code: 2, stdout: '' })
    expect(absent.stderr).toContain('npm install @flagging/postgres-logger')
    mkdirSync(join(project, 'node_modules/@flagging'), { recursive: true })
    symlinkSync(PACKAGE, join(project, 'node_modules/@flagging/postgres-logger'))
    expect(await runFlagging(args, alone)).toMatchObject({ code: 0, stderr: '' })
  })

  test('there is a bar on a terminal and nowhere else', { timeout: 120_000 }, async () => {
    const { dir, url, out } = await begun(6000)
    const here = await flaggingHere(['import', dir, '--to', url, '--migrate'], true)
    expect(here.stderr).toMatch(/\r\[#*\.*\] \d+ %/)
    expect(here.stderr.endsWith('\r\u001b[K')).toBe(true)
    const back = await flaggingHere(['export', out, '--from', url], true)
    expect(back.stderr).toMatch(/\r\[#*\.*\] \d+ %/)
    expect(await runFlagging(['export', `${out}2`, '--from', url])).toMatchObject({ stderr: '' })
  })

  test('--json prints one document', async () => {
    const { dir, url, out } = await begun(3)
    await flag(dir, [[1, fileOf('12345')]], { folder: 'calculate' })
    const files = ['--files', join(temporary(), 'files'), '--json']
    const brought = await flaggingHere(['import', dir, '--to', url, '--migrate', ...files])
    const { host, pathname } = new URL(url)
    const report = {
      version: 1,
      database: `${host}${pathname}`,
      schema: 'flagging',
      ok: true,
      totals: { datasets: 2, samples: 4, files: 1, bytes: 5, problems: 0 },
      datasets: [
        { dataset: '.', samples: 3, files: 0, bytes: 0, problems: 0 },
        { dataset: 'calculate', samples: 1, files: 1, bytes: 5, problems: 0 },
      ],
      before: 0,
      problems: [],
      notes: [],
    }
    expect(brought.code).toBe(0)
    expect(JSON.parse(brought.stdout)).toEqual({ ...report, dir })
    const back = await flaggingHere(['export', out, '--from', url, ...files])
    expect(JSON.parse(back.stdout)).toEqual({ ...report, dir: out })
  })
})

describe('an import', () => {
  test('makes no tables unless it is told to', async () => {
    const { dir, url } = await begun(1)
    const { code, stderr } = await flaggingHere(['import', dir, '--to', url])
    expect(code).toBe(2)
    expect(stderr).toContain('--migrate')
  })

  test('needs a directory with samples', async () => {
    const nowhere = join(temporary(), 'nowhere')
    const { code, stderr } = await flaggingHere(['import', nowhere, '--to', 'postgres://h/d'])
    expect(code).toBe(2)
    expect(stderr).toContain('nowhere is not there')
    expect(existsSync(nowhere)).toBe(false)
  })

  test('takes what came in since the last one', async () => {
    const { dir, url, out } = await begun(3)
    const args = ['import', dir, '--to', url, '--migrate']
    await flaggingHere(args)
    await flag(dir, [[7, 'seven']], { day: 20 })
    await flag(dir, [[8, 'eight']], { folder: 'calculate', day: 21 })
    appendFileSync(join(dir, 'logs.csv'), '9,unfinis')
    const { code, stdout } = await flaggingHere(args)
    expect(code).toBe(0)
    expect(stdout).toContain('2 samples imported')
    expect(stdout).toContain('3 more were there before')
    truncateSync(
      join(dir, 'logs.csv'),
      readFileSync(join(dir, 'logs.csv')).lastIndexOf('9,unfinis'),
    )
    await flaggingHere(['export', out, '--from', url])
    expect(await samplesOf(out)).toEqual(await samplesOf(dir))
  })

  test('gives rows of a log without times one that stays the same while the log grows', async () => {
    const { url } = await begun(0)
    const dir = join(temporary(), 'flagged')
    for (let n = 0; n < 3; n++) {
      await flag(dir, [[n, 'x']], { columns: [] })
      await flaggingHere(['import', dir, '--to', url, '--migrate'])
    }
    const client = await connected(url)
    const { rows } = await client.query(
      `select count(*)::integer as rows, count(distinct at)::integer as times from flagging.samples`,
    )
    expect(rows).toEqual([{ rows: 3, times: 1 }])
  })

  test('leaves rows out that cannot be read, and says so', async () => {
    const { dir, url } = await begun(2)
    appendFileSync(join(dir, 'logs.csv'), 'too,many,cells,here,now\n')
    await flag(dir, [[5, 'five']], { day: 9 })
    const { code, stdout } = await flaggingHere(['import', dir, '--to', url, '--migrate', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      totals: { samples: 3, problems: 1 },
      problems: [{ code: 'bad_row', dataset: '.', message: expect.stringContaining('logs.csv') }],
    })
  })

  test('stores a sample whose file is gone without it, and says so', async () => {
    const { url } = await begun(0)
    const dir = join(temporary(), 'flagged')
    await flag(dir, [
      [1, fileOf('one')],
      [2, fileOf('two')],
    ])
    rmSync(join(dir, 'b/0.png'))
    const files = ['--files', join(temporary(), 'files')]
    const { code, stdout } = await flaggingHere(['import', dir, '--to', url, '--migrate', ...files])
    expect(code).toBe(1)
    expect(stdout).toMatch(/missing_file +logs\.csv at byte \d+: a file of "b" is gone/)
    expect(stdout).toContain('2 samples imported')
  })

  test('asks for --files where there is a file, as does an export, and goes on from there', async () => {
    const { url } = await begun(0)
    const dir = join(temporary(), 'flagged')
    await flag(dir, [
      [1, 'none'],
      [2, fileOf('two')],
    ])
    const args = ['import', dir, '--to', url, '--migrate']
    const { code, stderr } = await flaggingHere(args)
    expect(code).toBe(2)
    expect(stderr).toContain('--files is needed')
    const place = join(temporary(), 'files')
    const again = await flaggingHere([...args, '--files', place])
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('2 samples imported') })
    const out = join(temporary(), 'out')
    const back = await flaggingHere(['export', out, '--from', url])
    expect(back).toMatchObject({ code: 2, stderr: expect.stringContaining('--files is needed') })
    const files = ['--files', place]
    expect(await flaggingHere(['export', out, '--from', url, ...files])).toMatchObject({ code: 0 })
    expect(await samplesOf(out)).toEqual(await samplesOf(dir))
  })

  test('leaves a log alone that is not what it was', async () => {
    const { dir, url } = await begun(4)
    await flag(dir, [[1, 'other']], { folder: 'calculate' })
    const args = ['import', dir, '--to', url, '--migrate', '--json']
    await flaggingHere(args)
    const logger = new CSVLogger({ columns: ['timestamp', 'id'] })
    await logger.remove(dir, { id: `${1}`.padStart(22, 'a') })
    await logger.close()
    await flag(dir, [[5, 'five']], { day: 9 })
    await flag(dir, [[6, 'six']], { folder: 'calculate', day: 9 })
    const { code, stdout } = await flaggingHere(args)
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      totals: { samples: 1, problems: 1 },
      problems: [{ code: 'changed_log', message: expect.stringContaining('--source NAME') }],
    })
    const anew = await flaggingHere([...args, '--source', 'anew'])
    expect(JSON.parse(anew.stdout)).toMatchObject({ totals: { samples: 6 }, before: 0 })
  })

  test('has no name for a directory that it cannot write to, unless it is told one', async () => {
    const { dir } = await begun(1)
    const refusing = {
      ...nodeFileSystem,
      open: () => Promise.reject(Object.assign(new Error('EROFS'), { code: 'EROFS' })),
    }
    const named = sourceName(refusing, dir, undefined)
    await expect(named).rejects.toMatchObject({
      code: 'ERR_FLAGGING_OPTION',
      message: expect.stringContaining('say --source NAME'),
    })
    expect(await sourceName(refusing, dir, 'mine')).toBe('mine')
    const [one, other] = await Promise.all([
      sourceName(nodeFileSystem, dir, undefined),
      sourceName(nodeFileSystem, dir, undefined),
    ])
    expect([one, await sourceName(nodeFileSystem, dir, undefined)]).toEqual([other, other])
  })

  test('waits for a server that is restarted', async () => {
    const server = await startPostgres()
    onTestFinished(() => server.stop())
    const { dir } = await begun(6000)
    const child = startFlagging(['import', dir, '--to', server.url('postgres'), '--migrate'])
    const ended = outcomeOf(child)
    const client = new pg.Client(server.url('postgres'))
    client.on('error', () => undefined)
    await client.connect()
    const some = async (): Promise<unknown> =>
      client.query('select 1 from flagging.samples limit 1').then(
        ({ rows }) => rows.length,
        () => 0,
      )
    await expect.poll(some, { timeout: 60_000 }).toBe(1)
    await server.kill()
    await server.restart()
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
    const after = await connected(server.url('postgres'))
    const { rows } = await after.query('select count(*)::integer as rows from flagging.samples')
    expect(rows).toEqual([{ rows: 6000 }])
  }, 120_000)
})

describe('an export', () => {
  test('takes what was stored since the last one, with what columns that needs', async () => {
    const { dir, url, out } = await begun(3)
    const bring = (): Promise<unknown> => flaggingHere(['import', dir, '--to', url, '--migrate'])
    await bring()
    await flaggingHere(['export', out, '--from', url])
    expect(existsSync(join(out, 'logs2.csv'))).toBe(false)
    await flag(dir, [[7, 'seven']], { day: 20 })
    await flag(dir, [[8, 'eight']], { columns: ['timestamp', 'id', 'status'], day: 21 })
    await bring()
    const { stdout } = await flaggingHere(['export', out, '--from', url])
    expect(stdout).toContain('2 samples exported')
    expect(stdout).toContain('3 more were there before')
    const values = (await loadExamples(out)).map(({ inputs }) => inputs['a'])
    expect(values).toEqual([0, 1, 2, 7, 8])
    expect((await flaggingHere(['export', out, '--from', url])).stdout).toContain('0 samples')
  })

  test('brings one dataset, or some days, where that is asked for', async () => {
    const { dir, url, out } = await begun(10)
    await flag(dir, [[100, 'other']], { folder: 'calculate' })
    await flaggingHere(['import', dir, '--to', url, '--migrate'])
    const exported = async (name: string, ...filter: string[]): Promise<unknown[]> => {
      const into = join(out, name)
      const { code } = await flaggingHere(['export', into, '--from', url, ...filter])
      expect(code).toBe(0)
      return (await loadExamples(into)).map(({ inputs }) => inputs['a'])
    }
    expect(await exported('one', '--dataset', 'calculate')).toEqual([100])
    expect(await exported('none', '--dataset', '.')).toHaveLength(10)
    expect(
      await exported('some', '--dataset=.', '--since', '2026-01-03', '--until=2026-01-05T00:00Z'),
    ).toEqual([2, 3])
    const other = await flaggingHere(['export', join(out, 'one'), '--from', url])
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('another --dataset') })
    const bad = await flaggingHere(['export', out, '--from', url, '--since', 'yesterday'])
    expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('--since takes a day') })
  })

  test('writes to no directory that holds other samples', async () => {
    const { dir, url, out } = await begun(1)
    await flaggingHere(['import', dir, '--to', url, '--migrate'])
    const onto = await flaggingHere(['export', dir, '--from', url])
    expect(onto).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('name another directory'),
    })
    await flaggingHere(['export', out, '--from', url])
    const other = await createDatabase()
    await flaggingHere(['import', dir, '--to', other, '--migrate'])
    const from = await flaggingHere(['export', out, '--from', other])
    expect(from).toMatchObject({ code: 2, stderr: expect.stringContaining('of another database') })
  })

  test('leaves samples out whose files are gone or were changed, and says so', async () => {
    const { url, out } = await begun(0)
    const dir = join(temporary(), 'flagged')
    await flag(dir, [
      [1, fileOf('one')],
      [2, fileOf('two')],
      [3, fileOf('x'.repeat(1_000_000))],
      [4, 'four'],
    ])
    const store = join(temporary(), 'files')
    const files = ['--files', store]
    await flaggingHere(['import', dir, '--to', url, '--migrate', ...files])
    for (const name of readdirSync(store, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.png')) continue
      const path = join(store, name)
      const bytes = readFileSync(path, 'utf8')
      if (bytes === 'one') rmSync(path)
      else if (bytes.startsWith('x')) writeFileSync(path, 'y'.repeat(1_000_000))
    }
    const { code, stdout } = await flaggingHere(['export', out, '--from', url, ...files, '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      totals: { samples: 2, problems: 2 },
      problems: [
        { code: 'bad_file', message: expect.stringContaining('is gone') },
        { code: 'bad_file', message: expect.stringContaining('its bytes have changed') },
      ],
    })
    expect((await loadExamples(out)).map(({ inputs }) => inputs['a'])).toEqual([2, 4])
  })

  test('goes on in the midst of a batch, of which some rows are there', async () => {
    const { dir, url, out } = await begun(5)
    await flag(dir, [[5, fileOf('five')]], { day: 9 })
    await flag(dir, [[6, fileOf('six')]], { folder: 'calculate', day: 9 })
    const files = ['--files', join(temporary(), 'files')]
    await flaggingHere(['import', dir, '--to', url, '--migrate', ...files])
    // Where a folder is to be: then only the rows of other datasets can be written.
    mkdirSync(out)
    writeFileSync(join(out, 'calculate'), '')
    const stopped = await flaggingHere(['export', out, '--from', url, ...files])
    expect(stopped).toMatchObject({ code: 2, stdout: '' })
    expect(await loadExamples(out)).toHaveLength(6)
    rmSync(join(out, 'calculate'))
    expect(await flaggingHere(['export', out, '--from', url, ...files])).toMatchObject({ code: 0 })
    expect(await samplesOf(out)).toEqual(await samplesOf(dir))
  })

  test('waits for samples that are being stored, so that the next one need not look back', async () => {
    const { dir, url, out } = await begun(2)
    await flaggingHere(['import', dir, '--to', url, '--migrate'])
    const client = await connected(url)
    const other = await connected(url)
    const copy = `insert into flagging.samples (id, at, dataset, inputs, outputs)
      select gen_random_uuid(), at, dataset, inputs, outputs from flagging.samples limit 1`
    await client.query('begin')
    await client.query(copy)
    await other.query(copy)
    const child = startFlagging(['export', out, '--from', url])
    const ended = outcomeOf(child)
    const looking = async (): Promise<unknown> =>
      (
        await other.query(
          `select 1 from pg_stat_activity where query like '%virtualtransaction%'
            and datname = current_database() and pid <> pg_backend_pid()`,
        )
      ).rows.length
    await expect.poll(looking, { timeout: 60_000 }).toBeGreaterThan(0)
    await client.query('commit')
    expect(await ended).toMatchObject({ code: 0 })
    expect(await loadExamples(out)).toHaveLength(4)
  }, 120_000)

  test('is alone in its directory', async () => {
    const { dir, url, out } = await begun(2)
    await flaggingHere(['import', dir, '--to', url, '--migrate'])
    const client = await connected(url)
    await client.query('begin; lock table flagging.samples in access exclusive mode')
    const child = startFlagging(['export', out, '--from', url])
    const ended = outcomeOf(child)
    const waiting = async (): Promise<number> =>
      (
        await client.query(
          `select from pg_locks join pg_database on pg_database.oid = database
            where datname = current_database() and not granted`,
        )
      ).rows.length
    await expect.poll(waiting, { timeout: 60_000 }).toBeGreaterThan(0)
    const second = await flaggingHere(['export', out, '--from', url])
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining('Another export is') })
    await client.query('commit')
    expect(await ended).toMatchObject({ code: 0 })
  }, 120_000)

  test('gives a label that is taken another one, and says so', async () => {
    const { url, out } = await begun(0)
    const dir = temporary()
    writeFileSync(
      join(dir, 'dataset1.csv'),
      'flag_option,b,flag,timestamp\r\n1,2,ok,2026-11-22 17:05:07.763269\r\n',
    )
    await flaggingHere(['import', dir, '--to', url, '--migrate'])
    const { code, stdout } = await flaggingHere(['export', out, '--from', url])
    expect(code).toBe(0)
    expect(stdout).toContain('The label "flag_option" is taken')
    expect(await loadExamples(out)).toMatchObject([
      { inputs: { 'flag_option 2': 1, b: 2 }, option: 'ok' },
    ])
  })
})
