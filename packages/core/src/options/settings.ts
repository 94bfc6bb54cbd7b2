import { resolve } from 'node:path'
import { type Declared, resolveComponents } from './declared.ts'
import { badOption, checkNames } from './bad-option.ts'
import { exampleSource } from './example-source.ts'
import { resolveReasons } from './flag-reasons.ts'
import { type Limits, resolveLimits } from './limits.ts'
import type {
  FlaggingMode,
  FlaggingOption,
  FlaggingOptions,
  FlaggingOverrides,
} from './flagging-options.ts'
import type { Interaction } from '../sample/interaction.ts'
import { CSVLogger } from '../store/csv-logger.ts'
import type { FlaggingCallback } from '../store/flagging-callback.ts'
import type { SampleSource } from '../store/sample-source.ts'

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
  /** What `makeCallback` gives for all datasets, where that is one object. */
  readonly sharedCallback: FlaggingCallback | undefined
  readonly declared: Declared | undefined
  readonly username: FlaggingOptions<object>['username']
  readonly comment: boolean
  readonly correction: boolean
  readonly authorize: FlaggingOptions<object>['authorize']
  readonly examples: SampleSource | undefined
  readonly review: boolean
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
    throw badOption('`acceptData` needs declared components: add `inputs` and `outputs`.')
  }
  if (options.review === true && options.authorize === undefined) {
    throw badOption(
      '`review` shows what users sent to whoever asks: add `authorize`, which says who may see it.',
    )
  }
  const { callback } = options
  checkCallback(callback)
  const shared = typeof callback === 'object' ? callback : undefined
  const settings: Settings = {
    mode,
    options: resolveReasons(options.options),
    hasOptions: options.options !== undefined,
    dir: resolve(checked('dir', options.dir, 'string', 'flagged')),
    makeCallback: shared ? () => shared : ((callback as () => FlaggingCallback) ?? defaultCallback),
    sharedCallback: shared,
    declared,
    username: checked('username', options.username, 'function', undefined),
    comment: checked('comment', options.comment, 'boolean', false),
    correction: checked('correction', options.correction, 'boolean', false),
    authorize: checked('authorize', options.authorize, 'function', undefined),
    examples: exampleSource(options.examples),
    review: checked('review', options.review, 'boolean', false),
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
    throw badOption("The override `mode` can only be 'never', which leaves the route out.")
  }
  checked('when', overrides.when, 'function', undefined)
}

function checkOwnColumns(callback: FlaggingCallback, declared: Declared): void {
  const taken = declared.all.find((component) => callback.columns?.includes(component.label))
  if (taken) {
    throw badOption(
      `The label '${taken.label}' is the name of a column of the callback: rename it.`,
    )
  }
}

function defaultCallback(): FlaggingCallback {
  return new CSVLogger()
}

function checked<T>(name: string, value: unknown, type: string, fallback: T): T {
  if (value === undefined) return fallback
  if (typeof value !== type || value === null) throw badOption(`\`${name}\` must be a ${type}.`)
  return value as T
}

function resolveMode(given: unknown): FlaggingMode {
  const fromEnvironment = process.env.GRADIO_FLAGGING_MODE
  const [mode, where] =
    given === undefined
      ? [fromEnvironment || 'manual', 'GRADIO_FLAGGING_MODE']
      : [given, 'The option `mode`']
  if (typeof mode === 'string' && MODES.includes(mode)) return mode as FlaggingMode
  throw badOption(`${where} must be 'manual', 'auto' or 'never', not ${JSON.stringify(mode)}.`)
}

function checkCallback(callback: unknown): void {
  if (callback === undefined) return
  if (typeof callback === 'function') {
    const prototype = callback.prototype as { flag?: unknown } | undefined
    if (prototype?.flag === undefined) return
    throw badOption(`\`callback\` is a class: pass an instance, \`new ${callback.name}()\`.`)
  }
  const { setup, flag } = (callback ?? {}) as Partial<FlaggingCallback>
  if (typeof setup !== 'function' || typeof flag !== 'function') {
    throw badOption(
      '`callback` must have the methods `setup` and `flag`, or be a function that makes one.',
    )
  }
}

function resolvePath(path: unknown): string | false {
  if (path === undefined) return '/flag'
  if (path === false) return false
  if (typeof path !== 'string' || !/^(\/[\w.~-]+)+$/.test(path)) {
    throw badOption("`path` must be like '/flag', or false for no flag routes.")
  }
  return path
}

function resolveOrigins(given: unknown): ReadonlySet<string> {
  if (given === undefined) return new Set()
  const origins = Array.isArray(given) ? (given as unknown[]) : [undefined]
  for (const origin of origins) {
    if (typeof origin !== 'string' || !URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw badOption("`origins` must be a list of web origins such as 'https://app.example.com'.")
    }
  }
  return new Set(origins as string[])
}

function resolveSampleRate(rate: unknown): number {
  if (rate === undefined) return 1
  if (typeof rate === 'number' && rate >= 0 && rate <= 1) return rate
  throw badOption('`sampleRate` must be a number from 0 to 1.')
}

function resolveRedact(redact: FlaggingOptions['redact']): FlaggingOptions['redact'] {
  const names = Array.isArray(redact) && redact.every((name) => typeof name === 'string')
  if (redact === undefined || redact === false || typeof redact === 'function' || names) {
    return redact
  }
  throw badOption('`redact` must be a list of names, a function, or false.')
}

function reportOnStderr(error: unknown): void {
  const { code, message } = (error ?? {}) as { code?: string; message?: string }
  console.error(`[flagging] ${code ? `${code}: ` : ''}${message ?? String(error)}`)
}
