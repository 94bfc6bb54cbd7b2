import { parseArgs } from 'node:util'
import leven from 'leven'

/** What was asked for. */
export interface Asked {
  readonly command: 'verify' | 'repair' | 'help' | 'version'
  readonly dir: string
  readonly flags: ReadonlySet<string>
}

/** What was typed cannot be meant; the message says what can. */
export class UsageError extends Error {}

const FLAGS = {
  verify: ['json', 'quiet'],
  repair: ['dry-run', 'json', 'rows', 'exclusive'],
} as const

/** How the command is used. */
export const USAGE = `Usage: flagging verify DIR [--json] [--quiet]
       flagging repair DIR [--dry-run] [--json] [--rows] [--exclusive]
       flagging --help | --version

verify reads the logs under DIR and says what is damaged. It writes nothing, and may run beside the
app. repair sets aside, in DIR/.flagging, what is damaged, and throws nothing away.

  --json       one JSON document on stdout, with every problem
  --quiet      print problems only: nothing if all is well
  --dry-run    say what would be done, and do nothing
  --rows       also set rows aside whose cells are too many, too few or unreadable
  --exclusive  where files cannot be locked: says that nothing stores samples in DIR meanwhile

Exit code: 0 all is well, 1 problems were found or left, 2 wrong usage, or DIR cannot be read.
`

/**
 * Reads the command line.
 * @throws UsageError
 */
export function readArguments(args: readonly string[]): Asked {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  const given = new Set<string>()
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    if (token.inlineValue === true) throw new UsageError(`${token.rawName} takes no value`)
    given.add(token.rawName)
  }
  const [word, dir, ...more] = words
  if (given.has('--help') || given.has('-h')) return { command: 'help', dir: '', flags: given }
  if (given.has('--version')) return { command: 'version', dir: '', flags: given }
  if (word === undefined) throw new UsageError('Say what to do: verify or repair')
  const command = commandOf(word)
  const known: readonly string[] = FLAGS[command]
  for (const name of given) checkFlag(command, name, known)
  if (dir === undefined) {
    throw new UsageError(`${command} needs the directory that samples are stored in`)
  }
  if (more.length > 0)
    throw new UsageError(`${command} takes one directory: quote a name with blanks`)
  return { command, dir, flags: new Set([...given].map((name) => name.slice(2))) }
}

function commandOf(word: string): 'verify' | 'repair' {
  if (word === 'verify' || word === 'repair') return word
  throw new UsageError(
    `There is no command ${JSON.stringify(word)}. Did you mean ${nearest(word, ['verify', 'repair'])}?`,
  )
}

function checkFlag(command: string, name: string, known: readonly string[]): void {
  if (known.some((flag) => name === `--${flag}`)) return
  const all = [...known, 'help', 'version'].map((flag) => `--${flag}`)
  throw new UsageError(
    `${command} has no option ${JSON.stringify(name)}. Did you mean ${nearest(name, all)}?`,
  )
}

function nearest(name: string, names: readonly string[]): string {
  const [first = ''] = names.toSorted((a, b) => leven(name, a) - leven(name, b))
  return first
}
