import type { Component } from '../../src/components.ts'
import type { FlagValue } from '../../src/sample/flag-value.ts'
import { SourceFile, memorySource } from '../../src/store/byte-source.ts'
import { randomOf } from './campaign.ts'

/**
 * What the rows of a dataset are like: 100 bytes; 200 KB with quotes and line ends; 8 MB, of which
 * two cells lie in files; small with one file and several files; or of all sizes up to 1 MB.
 */
export type Mix = 'small' | 'medium' | 'large' | 'files' | 'mixed'

const WIDTH: Readonly<Record<Mix, number>> = {
  small: 1,
  medium: 3,
  large: 62,
  files: 1,
  mixed: 11,
}

/** What a sample is made of; all of it follows from its id. */
interface Recipe {
  /** The lengths of the texts; 0 is `null`. */
  readonly texts: readonly number[]
  readonly upload: number | undefined
  readonly uploads: readonly number[]
}

function recipeOf(mix: Mix, id: string): Recipe {
  const random = randomOf(id)
  const upTo = (most: number): number => Math.floor(random() * most)
  const texts = (count: number, length: number): number[] =>
    Array.from({ length: WIDTH[mix] }, (_, column) => (column < count ? length : 0))
  const bare = { upload: undefined, uploads: [] }
  switch (mix) {
    case 'small':
      return { ...bare, texts: [40 + upTo(60)] }
    case 'medium':
      return { ...bare, texts: texts(3, 60_000 + upTo(10_000)) }
    case 'large':
      return { ...bare, texts: [...texts(60, 99_000).slice(0, 60), 1_000_000, 700_000 + upTo(9)] }
    case 'files':
      return {
        texts: [40 + upTo(60)],
        upload: upTo(30_000),
        uploads: Array.from({ length: 2 + upTo(2) }, () => upTo(5000)),
      }
    case 'mixed': {
      const upload = random() < 0.1 ? upTo(20_000) : undefined
      const kind = random()
      if (kind < 0.8) return { texts: texts(1, 40 + upTo(60)), upload, uploads: [] }
      if (kind < 0.99) return { texts: texts(2, upTo(10_000)), upload, uploads: [] }
      return { texts: texts(1 + upTo(11), 99_000), upload, uploads: [] }
    }
  }
}

/** The columns: the id of the sample, texts, one file, and several. */
export function columnsOf(mix: Mix): Component[] {
  const texts = Array.from({ length: WIDTH[mix] }, (_, index) => `text${index}`)
  return ['id', ...texts, 'upload', 'uploads'].map((label) => ({ label, type: 'any' }))
}

/** The values of a sample. */
export function valuesOf(mix: Mix, id: string): FlagValue[] {
  const { texts, upload, uploads } = recipeOf(mix, id)
  return [
    id,
    ...texts.map((length, index) => (length === 0 ? null : textOf(id, index, length))),
    upload === undefined ? null : fileOf(bytesOf(id, 0, upload)),
    uploads.length === 0 ? null : uploads.map((size, at) => fileOf(bytesOf(id, at + 1, size))),
  ]
}

/** What must stand in the cells of a sample's row: a text, or files with these bytes. */
export function cellsOf(mix: Mix, id: string): (string | Buffer[])[] {
  const { texts, upload, uploads } = recipeOf(mix, id)
  const cells = texts.map((length, index) => {
    const text = textOf(id, index, length)
    return length > 100_000 ? [Buffer.from(text)] : text
  })
  const several = uploads.map((size, at) => bytesOf(id, at + 1, size))
  return [
    id,
    ...cells,
    upload === undefined ? '' : [bytesOf(id, 0, upload)],
    several.length === 0 ? '' : several,
  ]
}

/** Names its sample in every line, so that no part of it passes for one of another. */
function textOf(id: string, index: number, length: number): string {
  const line = `${id} of text${index} "quoted"\n`
  return line.repeat(Math.ceil(length / line.length)).slice(0, length)
}

function bytesOf(id: string, index: number, size: number): Buffer {
  return Buffer.alloc(size, `${id}/${index};`)
}

function fileOf(bytes: Buffer): SourceFile {
  return new SourceFile('upload', 'application/octet-stream', memorySource(bytes))
}
