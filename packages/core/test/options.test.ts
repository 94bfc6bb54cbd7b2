import {
  type Component,
  CSVLogger,
  createFlagging,
  FlaggingError,
  type FlaggingCallback,
  type FlaggingOptions,
  image,
  number,
  readSamples,
  text,
} from '@flagging/core'
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'

const make = (options: Record<string, unknown>) => createFlagging(options as FlaggingOptions)

/** What is said at start about options that cannot be right. */
function problemOf(options: Record<string, unknown>): string {
  try {
    make(options)
  } catch (error) {
    if (error instanceof FlaggingError && error.code === 'ERR_FLAGGING_OPTION') return error.message
    throw error
  }
  throw new Error(`nothing was thrown for ${JSON.stringify(options)}`)
}

describe('names', () => {
  const NEAREST = {
    flagging_mode: 'mode',
    flaggingMode: 'mode',
    flagging_options: 'options',
    flaggingOptions: 'options',
    flagging_dir: 'dir',
    flaggingDir: 'dir',
    flagging_callback: 'callback',
    input: 'inputs',
    output: 'outputs',
    authorise: 'authorize',
    MODE: 'mode',
    accept_data: 'acceptData',
    origin: 'origins',
    samplerate: 'sampleRate',
    limit: 'limits',
    onflag: 'onFlag',
  }
  for (const [name, ours] of Object.entries(NEAREST)) {
    test(`${name} throws and names ${ours}`, () => {
      const message = problemOf({ [name]: undefined })
      expect(message).toContain(`'${name}'`)
      expect(message).toContain(`'${ours}'`)
    })
  }

  test('an unknown limit lists the limits', () => {
    expect(problemOf({ limits: { heldMinutes: 1 } })).toMatch(/heldMinutes.*heldSeconds/)
  })

  test('an option that is undefined is not given', () => {
    const names = ['mode', 'options', 'dir', 'callback', 'inputs', 'outputs', 'username', 'comment']
    names.push('correction', 'authorize', 'examples', 'path', 'origins', 'acceptData', 'when')
    names.push('sampleRate', 'redact', 'limits', 'onFlag', 'onError')
    const flagging = make(Object.fromEntries(names.map((name) => [name, undefined])))
    expect(flagging.mode).toBe('manual')
  })
})

describe('mode', () => {
  let before: string | undefined
  beforeEach(() => {
    before = process.env['GRADIO_FLAGGING_MODE']
    delete process.env['GRADIO_FLAGGING_MODE']
  })
  afterEach(() => {
    if (before === undefined) delete process.env['GRADIO_FLAGGING_MODE']
    else process.env['GRADIO_FLAGGING_MODE'] = before
  })

  test('is manual unless the option or the environment says otherwise', () => {
    expect(createFlagging().mode).toBe('manual')
    process.env['GRADIO_FLAGGING_MODE'] = 'never'
    expect(createFlagging().mode).toBe('never')
    expect(createFlagging({ mode: 'auto' }).mode).toBe('auto')
    process.env['GRADIO_FLAGGING_MODE'] = ''
    expect(createFlagging().mode).toBe('manual')
  })

  test('the environment is asked when a flagging is made, not when it runs', () => {
    const flagging = createFlagging()
    process.env['GRADIO_FLAGGING_MODE'] = 'auto'
    expect(flagging.mode).toBe('manual')
  })

  for (const mode of ['', 'Manual', ' auto', 'always', null, true, 0, ['auto'], {}]) {
    test(`${JSON.stringify(mode)} as option throws and names the three`, () => {
      expect(problemOf({ mode })).toMatch(/(?=.*'manual')(?=.*'auto')(?=.*'never')/)
    })
  }

  for (const mode of ['Manual', ' ', 'off', 'true', 'auto ']) {
    test(`${JSON.stringify(mode)} in the environment throws, says where, and names the three`, () => {
      process.env['GRADIO_FLAGGING_MODE'] = mode
      const message = problemOf({})
      expect(message).toMatch(/(?=.*'manual')(?=.*'auto')(?=.*'never')/)
      expect(message).toContain('GRADIO_FLAGGING_MODE')
      expect(createFlagging({ mode: 'manual' }).mode).toBe('manual')
    })
  }
})

describe('options', () => {
  test('strings become Flag as X', () => {
    expect(createFlagging({ options: ['Incorrect', 'Other'] }).options).toEqual([
      { label: 'Flag as Incorrect', value: 'Incorrect' },
      { label: 'Flag as Other', value: 'Other' },
    ])
  })

  test('pairs and objects are taken as given', () => {
    const shown = [
      { label: 'Mark as incorrect', value: 'incorrect' },
      { label: 'Mark as offensive', value: 'offensive' },
    ]
    const pairs = shown.map(({ label, value }) => [label, value] as const)
    expect(createFlagging({ options: pairs }).options).toEqual(shown)
    expect(createFlagging({ options: shown }).options).toEqual(shown)
  })

  test('none are one without a value', () => {
    expect(createFlagging().options).toEqual([{ label: 'Flag', value: null }])
  })

  const WRONG: unknown[] = [
    [],
    'Incorrect',
    {},
    null,
    [1],
    [null],
    ['a', 1],
    ['a', ['b', 'c']],
    [['a', 'b'], { label: 'c', value: 'd' }],
    [['a']],
    [['a', 'b', 'c']],
    [['a', 1]],
    [{ label: 'a' }],
    [{ label: 'a', value: null }],
    ['a', 'a'],
    [
      ['a', 'same'],
      ['b', 'same'],
    ],
  ]
  for (const options of WRONG) {
    test(`${JSON.stringify(options)} throws`, () => {
      expect(problemOf({ options })).toContain('`options`')
    })
  }
})

describe('components', () => {
  test('names are untyped components; inputs come first; the one output is Output', () => {
    const { components } = createFlagging({ inputs: ['a', number('b')] })
    expect(components).toMatchObject([
      { label: 'a', type: 'any', role: 'input' },
      { label: 'b', type: 'number', role: 'input' },
      { label: 'Output', type: 'any', role: 'output' },
    ])
    expect(createFlagging().components).toEqual([])
  })

  const WRONG: [options: Record<string, unknown>, reason: RegExp][] = [
    [{ outputs: ['a'] }, /inputs/],
    [{ inputs: ['a', 'a'] }, /'a'/],
    [{ inputs: ['a'], outputs: ['a'] }, /'a'/],
    [{ inputs: ['Output'] }, /'Output'/],
    [{ inputs: ['flag_option'] }, /reserved/],
    [{ inputs: ['a'], outputs: ['username'] }, /reserved/],
    [{ inputs: ['comment'] }, /reserved/],
    [{ inputs: ['correction'] }, /reserved/],
    [{ inputs: [], outputs: [] }, /empty/],
    [{ inputs: [''] }, /inputs/],
    [{ inputs: [7] }, /inputs/],
    [{ inputs: 'a' }, /list/],
    [{ inputs: [{ label: 'a', type: 'picture' }] }, /picture/],
    [{ acceptData: true }, /acceptData/],
  ]
  for (const [options, reason] of WRONG) {
    test(`${JSON.stringify(options)} throws`, () => {
      expect(problemOf(options)).toMatch(reason)
    })
  }

  test('a column that the callback adds by itself cannot be a label', () => {
    const callback = new CSVLogger({ columns: ['timestamp'] })
    expect(problemOf({ inputs: ['timestamp'], callback })).toContain('timestamp')
  })
})

describe('everything else', () => {
  const WRONG: Record<string, unknown>[] = [
    { dir: 7 },
    { callback: {} },
    { callback: { setup() {} } },
    { callback: CSVLogger },
    { callback: 'CSVLogger' },
    { username: 'ann' },
    { comment: 'yes' },
    { correction: 1 },
    { authorize: true },
    { examples: true },
    { examples: {} },
    { examples: null },
    { path: 'flag' },
    { path: '/' },
    { path: '/flag/' },
    { path: '/fl ag' },
    { path: '/:id' },
    { path: true },
    { origins: 'https://a.example' },
    { origins: ['a.example'] },
    { origins: ['https://a.example/'] },
    { origins: ['*'] },
    { acceptData: 'yes', inputs: ['a'] },
    { when: true },
    { sampleRate: -0.1 },
    { sampleRate: 1.1 },
    { sampleRate: Number.NaN },
    { sampleRate: '1' },
    { redact: 'password' },
    { redact: [1] },
    { redact: true },
    { limits: { held: 0 } },
    { limits: { bodyBytes: '1mb' } },
    { limits: { heldSeconds: -1 } },
    { limits: { files: Number.NaN } },
    { onFlag: 1 },
    { onError: 'log' },
    { review: true },
  ]
  for (const options of WRONG) {
    const shown = JSON.stringify(options, (_, value: unknown) =>
      typeof value === 'function' || Number.isNaN(value) ? String(value).slice(0, 20) : value,
    )
    test(`${shown} throws and says what to do`, () => {
      const message = problemOf(options)
      expect(message).toContain(
        Object.keys(options)[0] === 'limits' ? 'limit' : Object.keys(options)[0],
      )
      expect(message.length).toBeGreaterThan(20)
    })
  }

  test('what can be right is taken', () => {
    const callback: FlaggingCallback = { setup: () => {}, flag: () => 1 }
    const options: FlaggingOptions[] = [
      { path: false },
      { path: '/a/b-c/v1.0' },
      { origins: ['https://a.example', 'http://localhost:3000'] },
      { sampleRate: 0 },
      { redact: false },
      { redact: [] },
      { redact: (interaction) => interaction },
      { callback },
      { callback: () => callback },
      { limits: { dirBytes: 1, minFreeBytes: 0, heldSeconds: 1 } },
      { inputs: [image('im')], outputs: [] },
      { inputs: ['a'], acceptData: true },
      { examples: './flagged' },
      { examples: { readSamples: () => readSamples('./flagged') } },
    ]
    for (const one of options) expect(createFlagging(one).mode).toBe('manual')
  })

  test('nothing happens at start: no folder, no callback', () => {
    const made: string[] = []
    createFlagging({
      mode: 'auto',
      dir: '/proc/nobody/can/make/this',
      callback: () => {
        made.push('made')
        return new CSVLogger()
      },
    })
    expect(made).toEqual([])
  })

  test('types say what is meant', () => {
    expectTypeOf(text('a')).toEqualTypeOf<Component>()
    expectTypeOf<FlaggingOptions['mode']>().toEqualTypeOf<'manual' | 'auto' | 'never' | undefined>()
    expectTypeOf(createFlagging).parameter(0).toExtend<FlaggingOptions | undefined>()
    expectTypeOf(new CSVLogger()).toExtend<FlaggingCallback>()
    // @ts-expect-error a mode is one of three words
    expect(() => createFlagging({ mode: 'always' })).toThrow('manual')
    // @ts-expect-error Gradio's names are not ours
    expect(() => createFlagging({ flaggingMode: 'auto' })).toThrow('mode')
  })
})
