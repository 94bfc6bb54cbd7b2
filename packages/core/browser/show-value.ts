import { type ExampleFile, filesOf } from './example-file.ts'
import { make } from './make.ts'

const LONGEST = 200

/**
 * Shows the value of an input: pictures, players, or text.
 * @param isPressed whether it is what a button shows: then it has no controls of its own
 */
export function showValue(value: unknown, isPressed: boolean): HTMLElement {
  const files = filesOf(value)
  if (files.length > 0) {
    return make('span', { part: 'files' }, ...files.map((file) => showFile(file, isPressed)))
  }
  return make('span', { part: 'text' }, shortened(textOf(value)))
}

function showFile(file: ExampleFile, isPressed: boolean): HTMLElement {
  const { url, type } = file
  const name = file.name ?? ''
  const [kind = ''] = type.split('/')
  if (kind === 'image') {
    return make('img', { part: 'image', src: url, alt: name, loading: 'lazy', decoding: 'async' })
  }
  if (kind === 'video') {
    return make('video', { part: 'video', src: url, preload: 'metadata', muted: true, title: name })
  }
  if (kind === 'audio' && !isPressed) {
    return make('audio', { part: 'audio', src: url, preload: 'none', controls: true, title: name })
  }
  return make('span', { part: 'file' }, name === '' ? type : name)
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)} …`
}
