import type { Component, FlagDetails } from '@flagging/core'
import type { SegmentAbout } from './segment-about.ts'

/** The folder of a segment that a `CSVLogger` writes. */
const SAMPLES = 'samples'
/** What the last column is called, unless a component is. */
const NOTE = '_sample'

/** Where the log of a segment lies. */
export function samplesIn(dir: string): string {
  return `${dir}/${SAMPLES}`
}

/** What a `CSVLogger` is told of the rows of a segment. */
export function layoutOf(dir: string, { folder, components }: SegmentAbout): FlagDetails {
  return {
    components: [...components.map(untyped), { label: noteLabel(components), type: 'text' }],
    dir: samplesIn(dir),
    id: '',
    endpoint: folder,
    method: '',
    status: 0,
    startedAt: new Date(0),
    duration: 0,
    ended: 'complete',
    truncated: false,
    byHand: false,
  }
}

/** Without its type any value comes back as it was; a text column makes texts of what is none. */
function untyped({ label, role }: Component): Component {
  return role === undefined ? { label, type: 'any' } : { label, type: 'any', role }
}

function noteLabel(components: readonly Component[]): string {
  const taken = new Set(components.map(({ label }) => label))
  let label = NOTE
  for (let count = 2; taken.has(label); count++) label = `${NOTE} ${count}`
  return label
}
