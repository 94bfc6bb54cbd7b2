// `npm run bench`: what flagging costs, side by side, as a table and with `--json FILE` as JSON.
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type Finding, compare } from './compare.ts'
import { GROUPS } from './groups.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
  },
})

const found: Record<string, readonly Finding[]> = {}
for (const group of GROUPS.filter(({ name }) => name.includes(values.only))) {
  console.log(`\n${group.name}: microseconds of CPU per ${group.unit}, all threads`)
  const findings = await compare(group, values.quick ? 7 : 31)
  found[group.name] = findings
  console.table(Object.fromEntries(findings.map((finding) => [finding.name, row(finding)])))
}
if (values.json !== undefined) {
  await writeFile(values.json, `${JSON.stringify({ node: process.version, found }, null, 2)}\n`)
}

function row({ cpu, spread, added, slower }: Finding): Record<string, string> {
  return {
    'CPU us': cpu.toFixed(1),
    quartiles: spread.map((value) => value.toFixed(1)).join(' - '),
    'added us': added.toFixed(1),
    'time by first': slower.toFixed(2),
  }
}
