import { resolve } from 'node:path'
import leven from 'leven'
import { type Declared, resolveComponents } from './resolve-components.ts'
import { FlaggingError } from './errors.ts'
import { type Limits, resolveLimits } from './limits.ts'
import type { FlaggingMode, FlaggingOption, FlaggingOptions, FlaggingOverrides } from './options.ts'
import type { Interaction } from './sample/interaction.ts'
import { CSVLogger } from './store/csv-logger.ts'
import type { FlaggingCallback } from './store/flagging-callback.ts'

const MODES: readonly string[] = ['manual', 'auto', 'never']

const NAMES = [
  'mode',
  'options',
  'dir',
  'callback',
  'inputs',
  'outputs',
  'username',
  'comment',
  'correction',
  'authorize',
  'examples',
  'review',
  'path',
  'origins',
  'acceptData',
  'when',
  'sampleRate',
  'redact',
  'limits',
  'onFlag',
  'onError',
] as const

/** The options of a flagging, checked and with their defaults. */
export interface Settings {
  readonly mode: FlaggingMode
  readonly options: readonly FlaggingOption[]
  /** Whether options are configured: whether flags carry one and the log has a column. */
  readonly hasOptions: boolean
  /** Absolute. */
  readonly dir: string
  readonly makeCallback: () => FlaggingCallback
  /** Whether `makeCallback` gives the same object for all datasets. */
  readonly sharedCallback: boolean
  readonly declared: Declared | undefined
  readonly username: FlaggingOptions<object>['username']
  readonly comment: boolean
  readonly correction: boolean
  readonly authorize: FlaggingOptions<object>['authorize']
  /** Absolute. */
  readonly examples: string | undefined
  readonly path: string | false
  readonly origins: ReadonlySet<string>
  readonly acceptData: boolean
  readonly when: ((interaction: Interaction) => boolean) | undefined
  readonly sampleRate: number
  readonly redact: FlaggingOptions['redact']
  readonly limits: Limits
  readonly onFlag: FlaggingOptions['onFlag']
  readonly onError: (error: unknown) => void
}

/**
 * Checks the options and fills in the defaults.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` with what to do instead
 */
export function resolveSettings<Target>(given: FlaggingOptions<Target> = {}): Settings {
  checkNames(given, NAMES, 'option')
  const options = given as FlaggingOptions<object>
  const mode = resolveMode(options.mode)
  const declared = resolveComponents(options.inputs, options.outputs)
  if (options.acceptData === true && declared === undefined) {
    throw bad('`acceptData` needs declared components: add `inputs` and `outputs`.')
  }
  if ((given as { review?: unknown }).review !== undefined) {
    throw bad('`review` is not available in this version: leave it out.')
  }
  const { callback } = options
  checkCallback(callback)
  const shared = typeof callback === 'object' ? callback : undefined
  const settings: Settings = {
    mode,
    options: resolveFlagOptions(options.options),
    hasOptions: options.options !== undefined,
    dir: resolve(checked('dir', options.dir, 'string', 'flagged')),
    makeCallback: shared ? () => shared : ((callback as () => FlaggingCallback) ?? defaultCallback),
    sharedCallback: shared !== undefined,
    declared,
    username: checked('username', options.username, 'function', undefined),
    comment: checked('comment', options.comment, 'boolean', false),
    correction: checked('correction', options.correction, 'boolean', false),
    authorize: checked('authorize', options.authorize, 'function', undefined),
    examples:
      options.examples === undefined
        ? undefined
        : resolve(checked('examples', options.examples, 'string', '')),
    path: resolvePath(options.path),
    origins: resolveOrigins(options.origins),
    acceptData: checked('acceptData', options.acceptData, 'boolean', false),
    when: checked('when', options.when, 'function', undefined),
    sampleRate: resolveSampleRate(options.sampleRate),
    redact: resolveRedact(options.redact),
    limits: resolveLimits(options.limits),
    onFlag: checked('onFlag', options.onFlag, 'function', undefined),
    onError: checked('onError', options.onError, 'function', reportOnStderr),
  }
  if (shared && declared) checkOwnColumns(shared, declared)
  return settings
}

/** Checks what a route says otherwise; throws `ERR_FLAGGING_OPTION` for anything it cannot say. */
export function checkOverrides(overrides: FlaggingOverrides): void {
  checkNames(overrides, ['mode', 'inputs', 'outputs', 'when'], 'override')
  if (overrides.mode !== undefined && overrides.mode !== 'never') {
    throw bad("The override `mode` can only be 'never', which leaves the route out.")
  }
  checked('when', overrides.when, 'function', undefined)
}

function checkOwnColumns(callback: FlaggingCallback, declared: Declared): void {
  const taken = declared.all.find((component) => callback.columns?.includes(component.label))
  if (taken) {
    throw bad(`The label '${taken.label}' is the name of a column of the callback: rename it.`)
  }
}

function defaultCallback(): FlaggingCallback {
  return new CSVLogger()
}

function bad(message: string): FlaggingError {
  return new FlaggingError('ERR_FLAGGING_OPTION', message)
}

function checkNames(given: object, names: readonly string[], what: string): void {
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue
    throw bad(`Unknown ${what} '${name}'. Did you mean '${nearest(name, names)}'?`)
  }
}

/** Gradio's names (`flagging_mode`, `flaggingDir` ...) come nearest to ours once their prefix is off. */
function nearest(name: string, names: readonly string[]): string {
  const bare = name
    .replaceAll(/[-_]/g, '')
    .toLowerCase()
    .replace(/^(allow)?flagging/, '')
  const distance = (candidate: string) => leven(bare, candidate.toLowerCase())
  return [...names].sort((a, b) => distance(a) - distance(b))[0] as string
}

function checked<T>(name: string, value: unknown, type: string, fallback: T): T {
  if (value === undefined) return fallback
  if (typeof value !== type || value === null) throw bad(`\`${name}\` must be a ${type}.`)
  return value as T
}

function resolveMode(given: unknown): FlaggingMode {
  const fromEnvironment = process.env.GRADIO_FLAGGING_MODE
  const [mode, where] =
    given === undefined
      ? [fromEnvironment || 'manual', 'GRADIO_FLAGGING_MODE']
      : [given, 'The option `mode`']
  if (typeof mode === 'string' && MODES.includes(mode)) return mode as FlaggingMode
  throw bad(`${where} must be 'manual', 'auto' or 'never', not ${JSON.stringify(mode)}.`)
}

function resolveFlagOptions(given: FlaggingOptions['options']): readonly FlaggingOption[] {
  if (given === undefined) return [{ label: 'Flag', value: null }]
  const wrong = () =>
    bad('`options` must be a list of strings, of [label, value] pairs, or of { label, value }.')
  if (!Array.isArray(given) || given.length === 0) throw wrong()
  const shape = shapeOf(given[0])
  const options = (given as readonly unknown[]).map((option): FlaggingOption => {
    if (shape === undefined || shapeOf(option) !== shape) throw wrong()
    if (typeof option === 'string') return { label: `Flag as ${option}`, value: option }
    const [label, value] = Array.isArray(option)
      ? (option as [string, string])
      : [(option as FlaggingOption).label, (option as FlaggingOption).value]
    return { label, value }
  })
  const values = options.map((option) => option.value)
  const twice = values.find((value, index) => values.indexOf(value) !== index)
  if (twice !== undefined) throw bad(`\`options\` has the value '${twice}' more than once.`)
  return options
}

function shapeOf(option: unknown): 'string' | 'pair' | 'object' | undefined {
  if (typeof option === 'string') return 'string'
  const isText = (value: unknown) => typeof value === 'string'
  if (Array.isArray(option)) return option.length === 2 && option.every(isText) ? 'pair' : undefined
  const { label, value } = (option ?? {}) as { label?: unknown; value?: unknown }
  return isText(label) && isText(value) ? 'object' : undefined
}

function checkCallback(callback: unknown): void {
  if (callback === undefined) return
  if (typeof callback === 'function') {
    const prototype = callback.prototype as { flag?: unknown } | undefined
    if (prototype?.flag === undefined) return
    throw bad(`\`callback\` is a class: pass an instance, \`new ${callback.name}()\`.`)
  }
  const { setup, flag } = (callback ?? {}) as Partial<FlaggingCallback>
  if (typeof setup !== 'function' || typeof flag !== 'function') {
    throw bad(
      '`callback` must have the methods `setup` and `flag`, or be a function that makes one.',
    )
  }
}

function resolvePath(path: unknown): string | false {
  if (path === undefined) return '/flag'
  if (path === false) return false
  if (typeof path !== 'string' || !/^(\/[\w.~-]+)+$/.test(path)) {
    throw bad("`path` must be like '/flag', or false for no flag routes.")
  }
  return path
}

function resolveOrigins(given: unknown): ReadonlySet<string> {
  if (given === undefined) return new Set()
  const origins = Array.isArray(given) ? (given as unknown[]) : [undefined]
  for (const origin of origins) {
    if (typeof origin !== 'string' || !URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw bad("`origins` must be a list of web origins such as 'https://app.example.com'.")
    }
  }
  return new Set(origins as string[])
}

function resolveSampleRate(rate: unknown): number {
  if (rate === undefined) return 1
  if (typeof rate === 'number' && rate >= 0 && rate <= 1) return rate
  throw bad('`sampleRate` must be a number from 0 to 1.')
}

function resolveRedact(redact: FlaggingOptions['redact']): FlaggingOptions['redact'] {
  const names = Array.isArray(redact) && redact.every((name) => typeof name === 'string')
  if (redact === undefined || redact === false || typeof redact === 'function' || names) {
    return redact
  }
  throw bad('`redact` must be a list of names, a function, or false.')
}

function reportOnStderr(error: unknown): void {
  const { code, message } = (error ?? {}) as { code?: string; message?: string }
  console.error(`[flagging] ${code ? `${code}: ` : ''}${message ?? String(error)}`)
}
