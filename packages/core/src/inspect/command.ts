import type { FlaggingError } from '../errors.ts'
import { errnoOf } from '../store/disk.ts'
import type { FileSystem } from '../store/file-system.ts'
import { type Asked, UsageError, readArguments } from './arguments.ts'
import { findTransfer } from './find-transfer.ts'
import { printRepair } from './print-repair.ts'
import { printTransfer } from './print-transfer.ts'
import { SHOWN, printReport } from './print-verify.ts'
import { Progress, type Terminal } from './progress.ts'
import { repair } from './repair.ts'
import { USAGE } from './usage.ts'
import { verify } from './verify.ts'

/** Where the command reads and writes. */
export interface CommandHost {
  readonly fs: FileSystem
  readonly stdout: Terminal
  readonly stderr: Terminal
  readonly version: string
  /** The folder that the command is typed in. */
  readonly cwd: string
}

/** The version of what `--json` prints; it changes when a field changes its meaning. */
const FORMAT = 1

/** Runs the command `flagging` with its arguments; gives the exit code. */
export async function runCommand(args: readonly string[], host: CommandHost): Promise<number> {
  let asked: Asked
  try {
    asked = readArguments(args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    host.stderr.write(`flagging: ${error.message}\n\n${USAGE}`)
    return 2
  }
  if (asked.command === 'help') host.stdout.write(USAGE)
  else if (asked.command === 'version') host.stdout.write(`${host.version}\n`)
  else return runOn(asked, host)
  return 0
}

async function runOn(asked: Asked, host: CommandHost): Promise<number> {
  const progress = new Progress(host.stderr)
  try {
    if (asked.command === 'verify') return await runVerify(asked, host, progress)
    if (asked.command === 'repair') return await runRepair(asked, host)
    return await runTransfer(asked, host, progress)
  } catch (error) {
    progress.clear()
    const code = errnoOf(error)
    if (!isOurs(error) && code === undefined) throw error
    const message = isOurs(error)
      ? error.message
      : `${asked.dir} cannot be read (${code}): run this as a user who may`
    host.stderr.write(`flagging: ${message}\n`)
    return 2
  }
}

/** What moves samples may have come with a core of its own. */
function isOurs(error: unknown): error is FlaggingError {
  return error instanceof Error && error.name === 'FlaggingError'
}

async function runVerify(
  { dir, flags }: Asked,
  { fs, stdout }: CommandHost,
  progress: Progress,
): Promise<number> {
  const onProgress = (done: number, total: number): void => progress.update(done, total)
  const isJSON = flags.has('json')
  const report = await verify(fs, dir, isJSON ? { onProgress } : { onProgress, limit: SHOWN })
  progress.clear()
  if (isJSON) writeJSON(stdout, report)
  else writeLines(stdout, printReport(report, dir, flags.has('quiet')))
  return report.ok ? 0 : 1
}

async function runRepair({ dir, flags }: Asked, { fs, stdout }: CommandHost): Promise<number> {
  const report = await repair(fs, dir, {
    dryRun: flags.has('dry-run'),
    rows: flags.has('rows'),
    exclusive: flags.has('exclusive'),
  })
  if (flags.has('json')) writeJSON(stdout, report)
  else writeLines(stdout, printRepair(report, dir))
  return report.ok ? 0 : 1
}

async function runTransfer(
  { command, dir, flags, values }: Asked,
  { stdout, cwd }: CommandHost,
  progress: Progress,
): Promise<number> {
  const { importDirectory, exportDirectory } = await findTransfer(cwd)
  const isJSON = flags.has('json')
  const shared = {
    dir,
    files: values.get('files'),
    schema: values.get('schema'),
    limit: isJSON ? undefined : SHOWN,
    onProgress: (done: number, total: number): void => progress.update(done, total),
  }
  const report =
    command === 'import'
      ? await importDirectory({
          ...shared,
          database: values.get('to') ?? '',
          source: values.get('source'),
          migrate: flags.has('migrate'),
        })
      : await exportDirectory({
          ...shared,
          database: values.get('from') ?? '',
          dataset: values.get('dataset'),
          since: values.get('since'),
          until: values.get('until'),
        })
  progress.clear()
  if (isJSON) writeJSON(stdout, report)
  else writeLines(stdout, printTransfer(report, command === 'import' ? 'import' : 'export'))
  return report.ok ? 0 : 1
}

function writeJSON(stdout: Terminal, report: object): void {
  stdout.write(`${JSON.stringify({ version: FORMAT, ...report }, null, 2)}\n`)
}

function writeLines(stdout: Terminal, lines: readonly string[]): void {
  if (lines.length > 0) stdout.write(`${lines.join('\n')}\n`)
}
