import type { Component } from '@flagging/core'
import { readText, writeNew } from './spool-disk.ts'

/** What all rows of a segment have in common. */
export interface SegmentAbout {
  /** The folder of their endpoint; the empty string for the flagged directory itself. */
  readonly folder: string
  readonly components: readonly Component[]
}

const NAME = 'about.json'
const VERSION = 1

/** Writes what is known of a segment into its folder, and brings it to the disk. */
export async function writeAbout(dir: string, about: SegmentAbout): Promise<void> {
  const components = about.components.map(({ label, type, role, from }) => ({
    label,
    type,
    role,
    from,
  }))
  const text = JSON.stringify({ version: VERSION, folder: about.folder, components })
  await writeNew(`${dir}/${NAME}`, `${text}\n`)
}

/** Reads it; `undefined` where it is not there, or not whole. */
export async function readAbout(dir: string): Promise<SegmentAbout | undefined> {
  const text = await readText(`${dir}/${NAME}`)
  if (text === undefined) return undefined
  try {
    const { version, folder, components } = JSON.parse(text) as Record<string, unknown>
    if (version !== VERSION || typeof folder !== 'string' || !Array.isArray(components)) {
      return undefined
    }
    return { folder, components: components as readonly Component[] }
  } catch {
    return undefined
  }
}
