import { GROUPS } from '../groups/groups.ts'
import { tableOf } from '../measure/table.ts'
import { inWords } from './in-words.ts'
import type { Results } from './results.ts'

/** The page that reads the charts, with all tables below them. */
export function page(results: Results, charts: Iterable<string>): string {
  const drawn = new Set(charts)
  const chart = (file: string, alternative: string): string[] =>
    drawn.has(file) ? [`![${alternative}](${file})`] : []
  return [
    introduction(results),
    ...section('One exchange', [
      ...inWords(results, 'exchange'),
      ...chart('json-hono.svg', 'CPU time that each middleware adds on Hono'),
      ...chart('json-express.svg', 'CPU time that each middleware adds on Express'),
    ]),
    PEERS,
    ...section('Uploads and streams', inWords(results, 'bodies')),
    ...section('Flags', [
      ...inWords(results, 'flags'),
      ...chart('rows.svg', 'Time of a flag by the rows that are there'),
      ...chart('processes.svg', 'Flags per second by the number of processes'),
    ]),
    ...section('How costs grow', [
      ...chart('body-size.svg', 'CPU time added by the size of bodies'),
      ...chart('columns.svg', 'CPU time added by the number of columns'),
      ...chart('endpoints.svg', 'CPU time added by the number of endpoints'),
      ...chart('at-once.svg', 'CPU time added by the number of exchanges at once'),
    ]),
    GROWTH,
    ...section('Memory', [
      ...inWords(results, 'memory'),
      ...chart('held.svg', 'Memory of each held interaction'),
      ...chart('slow-clients.svg', 'Memory of each slow client'),
    ]),
    '## All figures',
    TABLES,
    ...tables(results),
  ].join('\n\n')
}

/** Nothing where nothing of it was measured. */
function section(title: string, parts: readonly string[]): string[] {
  return parts.length === 0 ? [] : [`## ${title}`, ...parts]
}

function introduction({ node, machine, load, found }: Results): string {
  return `# What it costs

\`npm run bench -- --docs\` wrote this page, on Node ${node} and ${machine}. ${wholeness(found)}${noise(load)} Read the figures as ratios between things that were measured side by side, not as what your machine will do.

- Whatever is compared runs in processes of its own, which are played in turn, round by round, so that what else the machine does hits all of them.
- **bare again** is the same app as **bare**, once more. What it differs by is noise, and so is any difference that is not clearly larger.
- *In process* means without a network: requests are pushed into the server from within, and what is told is the CPU time of the whole process, all threads, until everything is written. *Over loopback* means real sockets, with the clients in another process.
- The 10th percentile (p10) of the rounds is the steadiest figure, and what *added* compares. In charts of times and memory, thin lines reach from the first to the third quartile; in those of added CPU time, **bare again** shows how much is noise.`
}

/** A part of a run must not pass for all of it. */
function wholeness(found: Results['found']): string {
  const isWhole = GROUPS.every(({ name, rounds, entries }) => {
    const findings = found[name]
    return findings?.length === entries.length && findings[0]!.rounds >= rounds
  })
  return isWhole
    ? ''
    : '**It is not of a whole run**: there are fewer rounds, and fewer tables or rows in them, than `npm run bench` gives, put together from several runs; each table says its rounds. '
}

function noise(load: number): string {
  const busy = `Up to ${load.toFixed(0)} processes wanted a core at once during it`
  return load > 4
    ? `${busy}: the machine was busy with other work, and times are longer than they would be alone.`
    : `${busy}.`
}

const PEERS =
  'Those without bodies log a line with address, status and time; those *with bodies*, flagging among them, log what came in and what went out. Each logs to a file on the same disk, apitally to its own temporary files, of which it keeps at most 100 exchanges a second and drops the rest. The recipes are what one finds in answers to "how do I log bodies": on Hono `clone()` or `text()` on both sides into pino, on Express the parsed body and `res.json` with one `appendFile` per exchange.'

const GROWTH =
  'In charts with a line for each framework, each step was measured against the bare app at the same step. Blue is Hono, orange is Express; mode `manual`, where nothing is written, is dashed, and the bare app, where it is shown, is dotted.'

const TABLES =
  'Times are microseconds of what is counted in each table, and memory is in MiB or KiB. *Added* is the difference between 10th percentiles; *ratio* is the median over the rounds of how many times longer it took, so that 1.00 is the same.'

function tables({ found }: Results): string[] {
  return GROUPS.flatMap((group) => {
    const findings = found[group.name]
    if (!findings) return []
    const [head = [], ...rows] = tableOf(group, findings)
    const rule = head.map((_, at) => (at === 0 ? '---' : '--:'))
    const lines = [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`)
    const summary = `<summary>${group.name}, per ${group.unit}, ${findings[0]!.rounds} rounds</summary>`
    return [`<details>\n${summary}\n\n${lines.join('\n')}\n\n</details>`]
  })
}
