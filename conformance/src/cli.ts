// `pnpm conformance <module> ...`: plays every probe with and without a capture middleware.
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { PROBES } from '../probes/probes.ts'
import { HOSTS, type HostName } from './hosts.ts'
import { type Report, say, tables } from './report.ts'
import { run, type Verdict } from './run.ts'
import { loadSubject } from './subject.ts'

const HELP = `Usage: pnpm conformance <module> ... [--host <name>] [--only <words>] [--table <file>]

Plays exchanges against an app with and without a capture middleware, and names every difference.
A module exports \`name\` and \`express(app, context)\`, \`hono(app, context)\` or both, which mount it.

  --host <name>   one of ${HOSTS.join(', ')}; may be repeated
  --only <words>  only the probes whose name has these words
  --table <file>  writes the verdicts as Markdown tables
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: 'string', multiple: true },
    only: { type: 'string' },
    table: { type: 'string' },
    help: { type: 'boolean' },
  },
})

if (values.help || positionals.length === 0) {
  console.log(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  const unknown = values.host?.find((name) => !HOSTS.includes(name as HostName))
  if (unknown !== undefined) throw new Error(`There is no host "${unknown}": ${HOSTS.join(', ')}`)
  const { only } = values
  const probes = only === undefined ? PROBES : PROBES.filter(({ name }) => name.includes(only))
  const reports: Report[] = []
  for (const module of positionals) reports.push(await judge(module, probes))
  if (values.table) await writeFile(values.table, `${tables(reports)}\n`)
}

async function judge(module: string, probes: typeof PROBES): Promise<Report> {
  const url = pathToFileURL(resolve(module)).href
  const { name: subject } = await loadSubject(url)
  console.log(`\n${subject}`)
  const verdicts: Verdict[] = []
  const hosts = values.host as HostName[] | undefined
  for await (const verdict of run(url, { probes, ...(hosts && { hosts }) })) {
    verdicts.push(verdict)
    console.log(`  ${say(verdict)}`)
  }
  const differing = verdicts.filter(({ differences }) => differences.length > 0).length
  console.log(`  ${verdicts.length - differing} unchanged, ${differing} differ`)
  if (differing > 0) process.exitCode = 1
  return { subject, verdicts }
}
