// `npm run bench`: what flagging costs, side by side, as tables and with `--json FILE` as JSON.
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { GROUPS, quick } from './groups/groups.ts'
import { compare } from './measure/compare.ts'
import type { Finding } from './measure/statistics.ts'
import { aligned, tableOf } from './measure/table.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    // For a try: how often each is played.
    rounds: { type: 'string' },
  },
})

const found: Record<string, readonly Finding[]> = {}
const groups = values.quick ? quick(GROUPS) : GROUPS
for (const planned of groups.filter(({ name }) => name.includes(values.only))) {
  const group = { ...planned, rounds: Number(values.rounds ?? planned.rounds) }
  const startedAt = performance.now()
  const findings = await compare(group)
  found[group.name] = findings
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  console.log(`\n${group.name}: per ${group.unit}, ${group.rounds} rounds in turn (${seconds} s)`)
  console.log(aligned(tableOf(group, findings)))
  if (values.json !== undefined) await writeJSON(values.json)
}

/** After each group, so that a run that is broken off has not been for nothing. */
async function writeJSON(path: string): Promise<void> {
  await writeFile(path, `${JSON.stringify({ node: process.version, found }, null, 2)}\n`)
}
