import { parseArgs } from 'node:util'
import leven from 'leven'

/** What was asked for. */
export interface Asked {
  readonly command: CommandName | 'help' | 'version'
  readonly dir: string
  readonly flags: ReadonlySet<string>
  /** Options with a value, by their names. */
  readonly values: ReadonlyMap<string, string>
}

/** What was typed cannot be meant; the message says what can. */
export class UsageError extends Error {}

/** What the command can do. */
type CommandName = 'verify' | 'repair' | 'import' | 'export'

/** The options of a command, by whether a value follows. */
interface CommandForm {
  readonly flags: readonly string[]
  readonly values: readonly string[]
  /** Those that must be given, with what they say. */
  readonly needed: readonly (readonly [name: string, what: string])[]
}

const DATABASE = 'an address as postgres://user@host/database, or `postgres` for the environment'

const COMMANDS: Readonly<Record<CommandName, CommandForm>> = {
  verify: { flags: ['json', 'quiet'], values: [], needed: [] },
  repair: { flags: ['dry-run', 'json', 'rows', 'exclusive'], values: [], needed: [] },
  import: {
    flags: ['migrate', 'json'],
    values: ['to', 'files', 'schema', 'source'],
    needed: [['to', DATABASE]],
  },
  export: {
    flags: ['json'],
    values: ['from', 'files', 'schema', 'dataset', 'since', 'until'],
    needed: [['from', DATABASE]],
  },
}

const VALUES = Object.values(COMMANDS).flatMap(({ values }) => values)

/** What was typed, in its parts; options with what stands in front. */
interface Typed {
  readonly words: readonly string[]
  readonly given: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string | undefined>
}

/**
 * Reads the command line.
 * @throws UsageError
 */
export function readArguments(args: readonly string[]): Asked {
  const typed = takeApart(args)
  const { given } = typed
  const [word, dir, ...more] = typed.words
  const nothing = { dir: '', flags: given, values: new Map<string, string>() }
  if (given.has('--help') || given.has('-h')) return { command: 'help', ...nothing }
  if (given.has('--version')) return { command: 'version', ...nothing }
  if (word === undefined) throw new UsageError(`Say what to do: ${listed(names())}`)
  const command = commandOf(word)
  const form = COMMANDS[command]
  for (const name of [...given, ...typed.values.keys()]) checkName(command, name, form)
  if (dir === undefined) {
    throw new UsageError(`${command} needs the directory that samples are stored in`)
  }
  if (more.length > 0)
    throw new UsageError(`${command} takes one directory: quote a name with blanks`)
  const values = checkedValues(command, typed.values, form)
  return { command, dir, flags: new Set([...given].map((name) => name.slice(2))), values }
}

function takeApart(args: readonly string[]): Typed {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(VALUES.map((name) => [name, { type: 'string' as const }])),
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  const given = new Set<string>()
  const values = new Map<string, string | undefined>()
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    if (VALUES.includes(token.name)) {
      if (values.has(token.rawName)) throw new UsageError(`${token.rawName} is given twice`)
      // What looks like an option is one, unless it is joined with `=`.
      const isValue = token.inlineValue === true || token.value?.startsWith('--') === false
      values.set(token.rawName, isValue ? token.value : undefined)
    } else if (token.inlineValue === true) throw new UsageError(`${token.rawName} takes no value`)
    else given.add(token.rawName)
  }
  return { words, given, values }
}

function checkedValues(
  command: CommandName,
  given: Typed['values'],
  { needed }: CommandForm,
): Map<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of given) {
    if (value === undefined || value === '') throw new UsageError(`${name} needs a value`)
    values.set(name.slice(2), value)
  }
  for (const [name, what] of needed) {
    if (!values.has(name)) throw new UsageError(`${command} needs --${name}: ${what}`)
  }
  return values
}

function names(): CommandName[] {
  // A cast, since `Object.keys` gives texts.
  return Object.keys(COMMANDS) as CommandName[]
}

function commandOf(word: string): CommandName {
  const command = names().find((name) => name === word)
  if (command !== undefined) return command
  throw new UsageError(
    `There is no command ${JSON.stringify(word)}. Did you mean ${nearest(word, names())}?`,
  )
}

function checkName(command: string, name: string, { flags, values }: CommandForm): void {
  const known = [...flags, ...values]
  if (known.some((option) => name === `--${option}`)) return
  const all = [...known, 'help', 'version'].map((option) => `--${option}`)
  throw new UsageError(
    `${command} has no option ${JSON.stringify(name)}. Did you mean ${nearest(name, all)}?`,
  )
}

function listed(all: readonly string[]): string {
  return `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`
}

function nearest(name: string, all: readonly string[]): string {
  const [first = ''] = all.toSorted((a, b) => leven(name, a) - leven(name, b))
  return first
}
