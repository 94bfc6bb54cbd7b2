import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SourceFile, memorySource, pathSource, rangeSource } from '../src/store/byte-source.ts'
import { formatRecords } from '../src/store/csv.ts'
import { extensionOf, extensionOfFile, isInert, mediaTypeOf } from '../src/store/file-kind.ts'
import { formatInTurns } from '../src/store/format-in-turns.ts'
import { nodeFileSystem } from '../src/store/node-file-system.ts'
import { PNG, fileOf, modeOf, names, temporary, text } from './csv-logger-support.ts'

const LARGE = Buffer.from(Array.from({ length: 700_000 }, (_, i) => (i * 31) % 251))

async function streamed(file: SourceFile): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of file.stream()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('SourceFile', () => {
  it('gives the same bytes from memory, a range and a path, as often as wanted', async () => {
    const dir = temporary()
    const path = join(dir, 'whole')
    writeFileSync(path, Buffer.concat([PNG, LARGE, PNG]))
    const open = await nodeFileSystem.open(path, 'read')
    const sources = [
      memorySource(LARGE),
      rangeSource(open, PNG.length, LARGE.length),
      pathSource(nodeFileSystem, path, PNG.length),
    ]
    for (const [index, source] of sources.entries()) {
      const file = new SourceFile('name', 'image/png', source)
      const expected = index === 2 ? PNG : LARGE
      expect(file.size).toBe(expected.length)
      expect(Buffer.from(await file.bytes()).equals(expected)).toBe(true)
      expect((await streamed(file)).equals(expected)).toBe(true)
      await file.saveTo(join(dir, `${index}`))
      expect(text(dir, `${index}`)).toBe(expected.toString())
      expect(modeOf(dir, `${index}`)).toBe('600')
      await expect(file.saveTo(join(dir, `${index}`))).rejects.toMatchObject({ code: 'EEXIST' })
    }
    await open.close()
  })

  it('hands out copies, and closes a file that nobody reads on', async () => {
    const bytes = Buffer.from('abc')
    const file = fileOf(bytes)
    ;(await file.bytes())[0] = 0
    for await (const chunk of file.stream()) chunk[0] = 0
    expect(Buffer.from(await file.bytes()).toString()).toBe('abc')
    const path = join(temporary(), 'large')
    writeFileSync(path, LARGE)
    const before = readdirSync('/proc/self/fd').length
    const stored = new SourceFile(undefined, '', pathSource(nodeFileSystem, path, LARGE.length))
    for await (const chunk of stored.stream()) if (chunk.length > 0) break
    expect(readdirSync('/proc/self/fd')).toHaveLength(before)
  })

  it('opens only regular files, and fails where one is shorter than recorded', async () => {
    const dir = temporary()
    writeFileSync(join(dir, 'file'), 'abc')
    symlinkSync(join(dir, 'file'), join(dir, 'link'))
    mkdirSync(join(dir, 'folder'))
    execFileSync('mkfifo', [join(dir, 'fifo')])
    const read = (name: string, size = 3) =>
      new SourceFile(undefined, '', pathSource(nodeFileSystem, join(dir, name), size)).bytes()
    expect(Buffer.from(await read('file')).toString()).toBe('abc')
    for (const name of ['link', 'folder', 'fifo', 'missing']) {
      await expect(read(name)).rejects.toThrow(/ELOOP|ENOENT|no regular file/)
    }
    await expect(read('file', 4)).rejects.toThrow(/shorter/)
    const target = join(dir, 'copy')
    await expect(
      new SourceFile('', '', pathSource(nodeFileSystem, join(dir, 'file'), 4)).saveTo(target),
    ).rejects.toThrow(/shorter/)
    expect(names(dir)).not.toContain('copy')
  })
})

describe('rows that are formatted in turns', () => {
  it('are the same as formatted at once', async () => {
    const long = '"a;b"\n'.repeat(20_000)
    const batches = [
      [],
      [['']],
      [['a', '', ' b']],
      [[long], [''], [long]],
      [
        ['', long, ''],
        ['1', '2'],
        [long, ''],
        ...Array.from({ length: 9000 }, (_, i) => [`${i}, ü`]),
      ],
    ]
    for (const records of batches) {
      const bytes = await formatInTurns(records)
      expect(Buffer.from(bytes).toString()).toBe(formatRecords(records))
    }
  })
})

describe('a spill file', () => {
  it('has no name and can be written and read', async () => {
    // Not the folders of other tests.
    const ofSpills = () => names(tmpdir()).filter((name) => /^flagging-[A-Za-z0-9]{6}$/.test(name))
    const before = ofSpills()
    const file = await nodeFileSystem.openUnnamed()
    expect(ofSpills()).toEqual(before)
    expect(await file.write(PNG, 0, PNG.length, 10)).toBe(PNG.length)
    const source = new SourceFile(undefined, '', rangeSource(file, 10, PNG.length))
    expect(Buffer.from(await source.bytes())).toEqual(PNG)
    await file.close()
    await file.close()
  })
})

describe('the extension of a file', () => {
  const kinds: [content: string | Buffer, declared: string, extension: string, active?: string][] =
    [
      [PNG, 'text/html', 'png'],
      [PNG, '', 'png'],
      ['hello', 'text/plain', 'txt'],
      ['hello', 'TEXT/Plain; charset=utf-8', 'txt'],
      ['{}', 'application/json', 'json'],
      ['', 'image/png', 'png'],
      ['not really', 'image/jpeg', 'jpg'],
      ['<html>', 'text/html', 'bin', 'html'],
      ['<svg/>', 'image/svg+xml', 'bin', 'svg'],
      ['<?xml version="1.0"?><svg/>', 'image/svg+xml', 'bin', 'svg'],
      ['<?xml version="1.0"?><svg/>', 'image/png', 'bin', 'xml'],
      ['<?php', 'application/x-httpd-php', 'bin', 'php'],
      ['alert(1)', 'text/javascript', 'bin', 'js'],
      [Buffer.from('\0asm\x01\0\0\0'), 'image/png', 'bin', 'wasm'],
      [Buffer.from('MZ\x90\0'), 'application/x-msdownload', 'bin', 'bin'],
      ['%PDF-1.7', 'text/plain', 'pdf'],
      [Buffer.from([0x1f, 0x8b, 8, 0]), '', 'gz'],
      ['?', 'application/x-unheard-of', 'bin', 'bin'],
      ['?', '__proto__', 'bin', 'bin'],
    ]

  it.each(kinds)('of %j declared %s is %s', async (content, declared, extension, active) => {
    const head = Buffer.from(content)
    expect(await extensionOf(head, declared)).toBe(extension)
    expect(await extensionOf(head, declared, true)).toBe(active ?? extension)
    expect(await extensionOfFile(fileOf(head, declared))).toBe(extension)
  })

  it('says what a stored file is served as, and whether it is inert', () => {
    expect(mediaTypeOf('png')).toBe('image/png')
    expect(mediaTypeOf('bin')).toBe('application/octet-stream')
    expect(mediaTypeOf('constructor')).toBe('application/octet-stream')
    const inert = ['image/png', 'audio/mpeg', 'video/mp4; codecs=x', 'IMAGE/JPEG']
    expect(inert.filter((type) => !isInert(type))).toEqual([])
    const active = ['image/svg+xml', 'text/html', 'application/pdf', 'text/plain', '', '__proto__']
    expect(active.filter(isInert)).toEqual([])
  })
})
