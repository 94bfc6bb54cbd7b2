import type { HostName } from '../src/hosts.ts'
import type { Report } from '../src/report.ts'
import type { Verdict } from '../src/run.ts'
import type { Peer } from './peers.ts'

/** A peer and what the probes have found about it. */
export interface Column extends Report {
  readonly peer: Peer
  /** Where it is to be played. */
  readonly hosts: readonly HostName[]
  readonly verdicts: Verdict[]
}

/** Tells what a host is, for its headline. */
export type HostTitles = Partial<Readonly<Record<HostName, string>>>

/** The pages that are published, by their file names: one in short, and one for each host. */
export function pages(
  columns: readonly Column[],
  hosts: HostTitles,
  node: string,
): Map<string, string> {
  const names = (Object.keys(hosts) as HostName[]).filter((host) =>
    columns.some((column) => on(host, column).length > 0),
  )
  const inShort = [
    introduction(node),
    peersTable(columns),
    '## In short',
    ...names.map((host) => summary(host, hosts[host]!, columns)),
    `Row by row, with what differs in words: ${names.map((host) => `[${hosts[host]!}](${host}.md)`).join(', ')}.`,
  ]
  return new Map([
    ['README.md', inShort.join('\n\n')],
    ...names.map((host) => [`${host}.md`, hostPage(host, hosts[host]!, columns)] as const),
  ])
}

function hostPage(host: HostName, title: string, columns: readonly Column[]): string {
  return [
    `# Conformance on ${title}`,
    'What the rows and the marks mean is said in the [README](README.md).',
    verdictsTable(host, columns),
    '## What differs, in words',
    'Of each row that is not ✓ one difference: what the app without the middleware did, and what it became. `app:` is what the handler saw, `client` what the client got, `faults` what nobody caught in the process.',
    ...columns.map((column) => inWords(host, column)).filter((part) => part !== ''),
  ].join('\n\n')
}

function introduction(node: string): string {
  return `# Conformance

A middleware that captures requests and answers should not be noticed: not by the client, not by the handler, not by the process. The suite in [\`conformance/\`](../../conformance/README.md) plays the same exchange twice, once against an app with the middleware and once against the same app without it, over real sockets, and compares everything that the client got, everything that the handler saw, and every error that nobody caught.

A row is one such exchange, or a few of them; it is named after what must stay as it is. The marks:

- ✓ nothing differs, and where it can be judged, the bodies are kept whole
- – nothing differs, but what the middleware has kept lacks a body, or a part of one
- ✗ something differs, or the answer never came

What a middleware adds by design, such as a header of its own, is not compared. Whether bodies are kept is judged only for those that log bodies, with the options that their documentation has for it, and with limits raised where there is an option for that. Some leave out certain bodies on purpose, such as forms or binary types: – says that they are not there, not why. Each is mounted before everything else, except in rows that say otherwise. On Hono, the order of headers and the case of their names is compared only in rows about the wire, since every middleware that builds a \`Response\` anew changes both. Nothing leaves the machine: a small server stands in for the service that a middleware reports to.

These pages are written by \`npm run conformance:peers\`, which installs the packages below into a cache of their own and takes up to half an hour. They are from a run on Node ${node}. To try a middleware of your own, see [its README](../../conformance/README.md).`
}

function peersTable(columns: readonly Column[]): string {
  const rows = columns.map(({ subject, peer }) => [subject, peer.from, peer.how])
  return `## What was run\n\n${table(['name', 'what', 'set up with'], rows)}`
}

function summary(host: HostName, title: string, columns: readonly Column[]): string {
  const rows = columns.flatMap((column) => {
    const verdicts = on(host, column)
    if (verdicts.length === 0) return []
    const same = verdicts.filter(({ differences }) => differences.length === 0).length
    return [[column.subject, `${same} of ${verdicts.length}`, capturedOf(verdicts)]]
  })
  return table([title, 'unchanged', 'bodies kept'], rows)
}

function capturedOf(verdicts: readonly Verdict[]): string {
  if (verdicts.every(({ kept }) => kept === undefined)) return 'not judged'
  const judged = verdicts.filter(({ probe }) => probe.kept)
  return `${judged.filter(({ kept }) => kept === true).length} of ${judged.length}`
}

function verdictsTable(host: HostName, columns: readonly Column[]): string {
  const here = columns.filter((column) => on(host, column).length > 0)
  const names = new Set(here.flatMap((column) => on(host, column).map(({ probe }) => probe.name)))
  const rows = [...names].map((name) => [
    name,
    ...here.map((column) => mark(on(host, column).find(({ probe }) => probe.name === name))),
  ])
  return table(['', ...here.map(({ subject }) => subject)], rows)
}

function mark(verdict: Verdict | undefined): string {
  if (!verdict) return ''
  if (verdict.differences.length > 0) return '✗'
  return verdict.kept === false ? '–' : '✓'
}

function inWords(host: HostName, column: Column): string {
  const verdicts = on(host, column)
  if (verdicts.length === 0) return ''
  const different = verdicts.filter(({ differences }) => differences.length > 0)
  const lost = verdicts.filter((one) => one.differences.length === 0 && one.kept === false)
  const lines = different.map(
    ({ probe, differences }) => `- ${escaped(probe.name)}: ${inCode(differences)}`,
  )
  if (lost.length > 0) {
    lines.push(`- not captured: ${lost.map(({ probe }) => escaped(probe.name)).join('; ')}`)
  }
  if (lines.length === 0) return `**${column.subject}**: nothing.`
  const head = `<b>${column.subject}</b>: ${different.length} differ, ${lost.length} more not captured`
  return `<details>\n<summary>${head}</summary>\n\n${lines.join('\n')}\n\n</details>`
}

/** The most telling of them, short, and how many more there are. */
function inCode(differences: readonly string[]): string {
  const hung = differences.find((one) => one.endsWith('became "failed: hung"'))
  const fault = differences.find((one) => one.startsWith('faults.'))
  const telling = differences.find((one) => !one.includes('.headers.')) ?? differences[0]!
  const first = fault ?? (hung ? 'client: never done' : telling)
  const words = first
    .replaceAll('`', "'")
    .replaceAll(/\s+/g, ' ')
    // Else no two runs would write the same page.
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1')
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f-]+/g, 'id')
  const short = words.length > 160 ? `${words.slice(0, 157)}...` : words
  const more = differences.length - 1
  return `\`${short}\`${more > 0 ? ` and ${more} more` : ''}`
}

function on(host: HostName, { verdicts }: Column): readonly Verdict[] {
  return verdicts.filter((one) => one.host === host)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, head.map(() => '---'), ...rows]
  return all.map((row) => `| ${row.map(escaped).join(' | ')} |`).join('\n')
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('*', '\\*').replaceAll('<', '&lt;')
}
