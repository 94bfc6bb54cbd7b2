// `pnpm conformance <module> ...`: plays every probe with and without a capture middleware.
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { PROBES } from '../probes/probes.ts'
import { HOSTS, type HostName } from './hosts.ts'
import { judge } from './judge.ts'
import { type Report, tables } from './report.ts'

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
  const hosts = values.host as HostName[] | undefined
  const reports: Report[] = []
  for (const module of positionals) {
    const url = pathToFileURL(resolve(module)).href
    reports.push(await judge(url, { probes, ...(hosts && { hosts }) }, console.log))
  }
  if (reports.some(({ verdicts }) => verdicts.some((one) => one.differences.length > 0))) {
    process.exitCode = 1
  }
  if (values.table) await writeFile(values.table, `${tables(reports)}\n`)
}
