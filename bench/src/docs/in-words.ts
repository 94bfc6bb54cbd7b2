import { FRAMEWORK_NAMES } from '../groups/entries.ts'
import type { Spread } from '../measure/statistics.ts'
import { figure } from '../measure/table.ts'
import type { Results } from './results.ts'

/** Sentences with the figures of a run, by the part of the page that they stand in. */
export function inWords({ found }: Results, part: keyof typeof PARTS): string[] {
  const spread: Look = (group, name, of) =>
    found[group]?.find((finding) => finding.name === name)?.spreads[of]
  const lines = PARTS[part](spread)
  return lines.length === 0 ? [] : [lines.map((line) => `- ${line}`).join('\n')]
}

/** Looks a figure up; what was not measured is left out. */
type Look = (group: string, name: string, of: string) => Spread | undefined

const PARTS = {
  exchange: (look: Look) =>
    FRAMEWORK_NAMES.flatMap((title) => {
      const own = (name: string): Spread | undefined =>
        look(`JSON on ${title}, in process`, name, 'cpu')
      const sent = (name: string): Spread | undefined =>
        look(`JSON on ${title}, over loopback`, name, 'wall')
      const [again, never, manual, auto] = ['bare again', ...OURS].map(own)
      if (!again || !never || !manual || !auto) return []
      const added = `\`never\` adds ${us(never.added)}, \`manual\` ${us(manual.added)} and \`auto\` ${us(auto.added)}`
      const line = `${title}: ${added} of CPU time to an exchange; the control differs by ${us(Math.abs(again.added))}.`
      const [control, throughput] = [sent('bare again'), sent('flagging, auto')]
      if (!control || !throughput) return [line]
      return [
        `${line} Over loopback, \`auto\` answers ${times(1 / throughput.ratio)} as many requests as the bare app, the control ${times(1 / control.ratio)}.`,
      ]
    }),
  bodies: (look: Look) =>
    FRAMEWORK_NAMES.flatMap((title) => [
      ...['1 MiB', '100 MiB'].flatMap((size) => {
        const group = `uploads of ${size} to ${title}, over loopback`
        const name = size === '1 MiB' ? 'flagging, auto' : 'flagging, auto, all of it kept'
        const [time, again] = [look(group, name, 'wall'), look(group, 'bare again', 'wall')]
        const peak = look(group, name, 'peak')
        if (!time || !again || !peak) return []
        return `${size} to ${title}, kept in mode \`auto\`: ${times(1 / time.ratio)} as many bytes a second as bare (control ${times(1 / again.ratio)}), and ${figure(peak.added)} MiB more at the peak.`
      }),
      ...streams(look, title),
    ]),
  flags: (look: Look) =>
    ['one by one', '64 at once', '1,024 at once'].flatMap((how) => {
      const group = `flags to a CSVLogger, ${how}`
      const [none, batch] = [look(group, NONE, 'wall'), look(group, "fsync 'batch'", 'wall')]
      if (!none || !batch) return []
      return `${how}: ${perSecond(none)} flags a second with \`fsync: 'none'\`, ${perSecond(batch)} with \`'batch'\`.`
    }),
  memory: (look: Look) =>
    FRAMEWORK_NAMES.flatMap((title) => {
      const held = look(
        'memory of held interactions, by their number',
        `${title}, manual, 1000 exchanges`,
        'heap',
      )
      return held
        ? [`${title}: each interaction that is held takes ${figure(held.median)} KiB.`]
        : []
    }),
}

const OURS = ['flagging, never', 'flagging, manual', 'flagging, auto']
const NONE = "fsync 'none'"

function streams(look: Look, title: string): string[] {
  const cpu = look(
    `events of a stream of 10,000 from ${title}, in process`,
    'flagging, auto',
    'cpu',
  )
  const group = `the first byte of a stream that takes 300 ms from ${title}, over loopback`
  const [bare, auto] = ['bare', 'flagging, auto'].map((name) => look(group, name, 'firstByte'))
  if (!cpu || !bare || !auto) return []
  return [
    `A stream from ${title}: ${us(cpu.added)} more per event; the first byte after ${figure(auto.median)} ms, bare after ${figure(bare.median)} ms.`,
  ]
}

function us(value: number): string {
  return `${figure(value)} µs`
}

function times(value: number): string {
  return `${value.toFixed(2)} times`
}

function perSecond({ median }: Spread): string {
  return Math.round(1e6 / median).toLocaleString('en')
}
