import type { Interaction } from './sample/interaction.ts'
import type { FlagValue } from './sample/flag-value.ts'

/** What a component may hold; `any` is a component without a type, read back as it was stored. */
const COMPONENT_TYPES = [
  'any',
  'text',
  'number',
  'checkbox',
  'json',
  'label',
  'image',
  'audio',
  'video',
  'file',
] as const

/** One of the types of components. */
export type ComponentType = (typeof COMPONENT_TYPES)[number]

/** Whether something is the name of a type. */
export function isComponentType(type: unknown): type is ComponentType {
  return (COMPONENT_TYPES as readonly unknown[]).includes(type)
}

/**
 * Where a component's value is found: a name looked up in body, query and route parameters, one of
 * these three, or a function of the interaction. A name is an exact key first, then a dotted path.
 */
export type ComponentSource =
  | string
  | { readonly body: string }
  | { readonly query: string }
  | { readonly param: string }
  | ((interaction: Interaction) => FlagValue | undefined)

/** A named, typed slot of an input or an output. Its label is the CSV header and the folder name. */
export interface Component {
  readonly label: string
  readonly type: ComponentType
  /** Where the value is found; by default under the label. */
  readonly from?: ComponentSource
  /** Which side of the interaction it belongs to; set by `createFlagging`. */
  readonly role?: 'input' | 'output'
}

/** What the component functions accept beside the label. */
export interface ComponentOptions {
  /** Where the value is found; by default under the label. */
  readonly from?: ComponentSource
}

function component(type: ComponentType) {
  return (label: string, options: ComponentOptions = {}): Component =>
    options.from === undefined ? { label, type } : { label, type, from: options.from }
}

/** A text: every value is taken as a string, `007` and `-1.5` included. */
export const text: (label: string, options?: ComponentOptions) => Component = component('text')

/** A number; form values that spell a finite number become one. */
export const number: (label: string, options?: ComponentOptions) => Component = component('number')

/** A boolean; the form values `on`, `true`, `1` and `off`, `false`, `0` become one. */
export const checkbox: (label: string, options?: ComponentOptions) => Component =
  component('checkbox')

/** Any JSON value; a form value that is JSON text is parsed. */
export const json: (label: string, options?: ComponentOptions) => Component = component('json')

/** A classification: a name, or a JSON object of names and confidences. Parsed like {@link json}. */
export const label: (label: string, options?: ComponentOptions) => Component = component('label')

/** An image file: an upload, a binary body, or a `data:` URI in a string. */
export const image: (label: string, options?: ComponentOptions) => Component = component('image')

/** An audio file: an upload, a binary body, or a `data:` URI in a string. */
export const audio: (label: string, options?: ComponentOptions) => Component = component('audio')

/** A video file: an upload, a binary body, or a `data:` URI in a string. */
export const video: (label: string, options?: ComponentOptions) => Component = component('video')

/** A file of any kind: an upload, a binary body, or a `data:` URI in a string. */
export const file: (label: string, options?: ComponentOptions) => Component = component('file')

/** Whether values of this type are files when they can be. */
export function isFileType(type: ComponentType): boolean {
  return type === 'image' || type === 'audio' || type === 'video' || type === 'file'
}
