import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Component, image, loadExamples, text } from '@flagging/core'
import { describe, expect, test } from 'vitest'
import { unzip } from '../../packages/core/test/archive/unzip.ts'
import { type Adapter, type Server, use } from './host.ts'
import { png } from './png.ts'
import { World } from './world.ts'
import { postParts, send, upload } from './wire.ts'

const inputs: readonly Component[] = [text('prompt'), image('im')]
const PROMPTS = ['=1+1', 'a "b"\r\nc, d', 'x'.repeat(150_000), '007']

/** What reviewers download: the samples of a selection, in each of the formats. */
export function reviewDownloadsContract(adapter: Adapter): void {
  const start = async () => {
    const world = await World.make(adapter)
    const server = await world.serve(
      use(
        world.flagging({
          inputs,
          outputs: [],
          options: ['Good', 'Bad'],
          acceptData: true,
          review: true,
          authorize: (target, action) =>
            action === 'flag' || adapter.headerOf(target, 'x-user') !== 'stranger',
        }),
      ),
    )
    for (const [n, prompt] of PROMPTS.entries()) {
      const option = n % 2 === 0 ? 'Good' : 'Bad'
      const parts = { prompt, option, im: upload(png(n + 1)) }
      expect((await send(server, '/flag', postParts(parts))).status).toBe(201)
    }
    return { world, server }
  }
  const download = (server: Server, path: string, headers = {}) =>
    send(server, `/flag/review/download/${path}`, { headers })

  describe('a download', () => {
    test('as CSV is a log that loads again, and no cell is a formula', async () => {
      const { world, server } = await start()
      const { status, headers, text: csv, bytes } = await download(server, 'samples.csv')
      expect([status, headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8'])
      expect(headers.get('content-disposition')).toBe('attachment; filename="samples.csv"')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(csv).toContain("'=1+1")
      const dir = join(world.root, 'again')
      await mkdir(dir)
      await writeFile(join(dir, 'logs.csv'), bytes)
      const samples = await loadExamples(dir)
      expect(samples.map(({ inputs: found }) => found['prompt'])).toEqual(PROMPTS)
      expect(samples.map(({ option }) => option)).toEqual(['Good', 'Bad', 'Good', 'Bad'])
    })

    test('as JSON Lines has each sample of the selection on a line, whole', async () => {
      const { server } = await start()
      const lines = async (query: string) => {
        const answer = await download(server, `samples.jsonl${query}`)
        expect(answer.headers.get('content-disposition')).toMatch(/^attachment/)
        return answer.text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as { inputs: Record<string, unknown> })
      }
      const all = await lines('')
      expect(all.map((sample) => sample.inputs['prompt'])).toEqual(PROMPTS)
      expect(all[0]?.inputs['im']).toMatchObject({ type: 'image/png' })
      expect(all[0]?.inputs['im']).toHaveProperty('file', expect.stringMatching(/\bim\b.*\.png$/))
      expect((await lines('?option=Bad')).map((one) => one.inputs['prompt'])).toEqual([
        PROMPTS[1],
        PROMPTS[3],
      ])
      const { samples } = (await send(server, '/flag/review/samples')).json<{
        samples: { key: string }[]
      }>()
      const chosen = await lines(`?key=${samples[0]?.key}&key=${samples[1]?.key}`)
      expect(chosen.map((one) => one.inputs['prompt'])).toEqual([PROMPTS[3], PROMPTS[2]])
    })

    test('as a folder of images is an archive with their files and one row for each', async () => {
      const { server } = await start()
      const { headers, bytes } = await download(server, 'imagefolder.zip?option=Good')
      expect(headers.get('content-type')).toBe('application/zip')
      const files = await unzip(bytes)
      expect([...files.keys()].toSorted()).toEqual([
        'images/0000000.png',
        'images/0000001.png',
        'metadata.jsonl',
      ])
      expect(files.get('images/0000001.png')).toEqual(png(3))
      const rows = (files.get('metadata.jsonl') ?? Buffer.alloc(0)).toString().trimEnd().split('\n')
      expect(rows.map((row) => JSON.parse(row) as object)).toMatchObject([
        { file_name: 'images/0000000.png', prompt: '=1+1' },
        { file_name: 'images/0000001.png', prompt: PROMPTS[2] },
      ])
      const none = await unzip((await download(server, 'audiofolder.zip')).bytes)
      expect(none.get('errors.txt')?.toString()).toContain('audio')
    })

    test('is refused to strangers, for unknown selections and samples, and changes nothing', async () => {
      const { server } = await start()
      for (const name of ['samples.csv', 'samples.jsonl', 'imagefolder.zip', 'audiofolder.zip']) {
        expect((await download(server, name, { 'x-user': 'stranger' })).status).toBe(403)
        expect((await download(server, `${name}?sort=newest`)).status).toBe(400)
        expect((await download(server, `${name}?key=x`)).status).toBe(404)
        const many = Array.from({ length: 201 }, () => 'key=x').join('&')
        expect((await download(server, `${name}?${many}`)).status).toBe(400)
        const post = await send(server, `/flag/review/download/${name}`, { method: 'POST' })
        expect(post.status).toBe(405)
        const head = await send(server, `/flag/review/download/${name}`, { method: 'HEAD' })
        expect([head.status, head.bytes.length]).toEqual([200, 0])
      }
      expect((await download(server, '../../etc/passwd')).status).toBe(404)
      expect((await download(server, 'samples.xlsx')).status).toBe(404)
    })
  })
}
