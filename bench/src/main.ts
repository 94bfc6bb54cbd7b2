// `npm run bench`: what flagging costs, side by side, as tables, JSON, charts and a page.
import { readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Results } from './docs/results.ts'
import { writeDocs } from './docs/write-docs.ts'
import { GROUPS, quick } from './groups/groups.ts'
import { compare } from './measure/compare.ts'
import { aligned, tableOf } from './measure/table.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    // For a try: how often each is played.
    rounds: { type: 'string' },
    json: { type: 'string' },
    docs: { type: 'boolean', default: false },
    // What `--json` has written: what stands there is not measured again.
    from: { type: 'string' },
  },
})

let results = values.from === undefined ? nothing() : await read(values.from)
const groups = (values.quick ? quick(GROUPS) : GROUPS).filter(
  ({ name }) => name.includes(values.only) && !(name in results.found),
)
for (const planned of groups) {
  const rounds = Number(values.rounds ?? planned.rounds)
  const group = { ...planned, rounds, warmUp: Math.min(planned.warmUp, rounds) }
  const startedAt = performance.now()
  const findings = await compare(group)
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  console.log(`\n${group.name}: per ${group.unit}, ${rounds} rounds in turn (${seconds} s)`)
  console.log(aligned(tableOf(group, findings)))
  results = {
    ...results,
    load: Math.max(results.load, loadavg()[0] ?? 0),
    found: { ...results.found, [group.name]: findings },
  }
  // After each group, so that a run that is broken off has not been for nothing.
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results)}\n`)
}
if (values.docs) await writeDocs(results)

function nothing(): Results {
  const cores = cpus()
  const machine = `${cores.length} cores (${cores[0]?.model.trim() ?? 'unknown'})`
  return { node: process.versions.node, machine, load: 0, found: {} }
}

async function read(path: string): Promise<Results> {
  return JSON.parse(await readFile(path, 'utf8')) as Results
}
