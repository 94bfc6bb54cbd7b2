// `npm run foreign-suites`: the test suites of the ecosystem, without flagging and with it in front of
// every app. They must come out alike.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { install, tool } from '../workspace.mjs'
import { count, play } from './play.mjs'
import { fetchSuite } from './source.mjs'
import { suites } from './suites.mjs'

/** What is mounted in front: a middleware that does nothing, flagging, flagging that takes all. */
const WAYS = ['nothing', 'auto', 'all']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    from: { type: 'string', default: 'https://github.com/{owner}/{name}.git' },
    in: { type: 'string' },
    way: { type: 'string', multiple: true, default: WAYS },
  },
})
const names = positionals.length > 0 ? positionals : Object.keys(suites)
const unknown = [
  ...names.filter((name) => !Object.hasOwn(suites, name)),
  ...values.way.filter((way) => !WAYS.includes(way)),
]
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. Suites: ${Object.keys(suites).join(', ')}.`)
  process.exit(2)
}

const built = ['packages/hono-adapter', 'packages/express-adapter']
if (install() !== 0 || tool('tsc', ['-b', ...built]) !== 0) process.exit(1)
// What is mounted, and what reads it back, is what is built by now.
const { readStore } = await import('./stored.mjs')

const work = values.in ? resolve(values.in) : mkdtempSync(join(tmpdir(), 'foreign-suites-'))
const rows = []
const notes = []
let failures = 0

try {
  for (const name of names) await compare(name, suites[name])
} finally {
  if (!values.in) rmSync(work, { recursive: true, force: true })
}

console.table(rows)
for (const note of notes) console.log(note)
console.log(`\n${names.length * values.way.length - failures} passed, ${failures} failed`)
process.exitCode = failures > 0 ? 1 : 0

/** Runs one suite each way, and adds a row for it. */
async function compare(name, suite) {
  console.error(`${name} ${suite.tag} ...`)
  const row = { suite: name, version: suite.tag }
  rows.push(row)
  try {
    const folder = fetchSuite(name, suite, work, values.from)
    const without = play(suite, folder)
    row.without = figures(without)
    for (const way of values.way) await compareWay({ name, suite, row, folder, without, way })
  } catch (error) {
    failures += 1
    notes.push(`\n${name}: ${error.message}`)
  }
}

async function compareWay({ name, suite, row, folder, without, way }) {
  const store = mkdtempSync(join(tmpdir(), 'foreign-suites-store-'))
  try {
    const outcomes = play(suite, folder, way, store)
    const { apps, stored, rows: read, errors } = await readStore(store)
    row[way] = figures(outcomes)
    for (const [text, times] of tally(errors)) {
      notes.push(`\n${name}, ${way}: reported to onError (${times}): ${text}`)
    }
    const explained = explain(suite, differing(without, outcomes))
    const unexplained = explained.filter(({ why }) => why === undefined)
    if (way === 'nothing') {
      notes.push(...explained.map((one) => `\n${name}, ${way}: ${sentence(one)}`))
      return
    }
    row[`${way}: apps`] = apps
    row[`${way}: rows`] = read
    // Suites have tests that race against a clock: what comes out alike the second time was such a one.
    const again = unexplained.length > 0 ? play(suite, folder, way, join(store, 'again')) : outcomes
    for (const one of unexplained) {
      if (again.get(one.test) === one.from) one.why = 'not so when run again'
    }
    notes.push(...explained.map((one) => `\n${name}, ${way}: ${sentence(one)}`))
    const isVacuous = apps === 0 || (way === 'all' && read === 0)
    if (stored !== read) notes.push(`\n${name}, ${way}: ${stored} stored, ${read} read back`)
    if (isVacuous) notes.push(`\n${name}, ${way}: nothing was seen`)
    const isAlike = explained.every(({ why }) => why !== undefined)
    if (!isAlike || stored !== read || isVacuous) failures += 1
  } finally {
    rmSync(store, { recursive: true, force: true })
  }
}

/** Each difference with its reason, as far as there is one. */
function explain(suite, differences) {
  return differences.map((one) => ({
    ...one,
    why: one.from === 'failed' ? 'failed without us' : suite.expected?.[one.test],
  }))
}

function sentence({ test, from, to, why }) {
  return `${test}: ${from} -> ${to}${why ? `\n  ${why}` : ''}`
}

function figures(outcomes) {
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map((one) =>
    count(outcomes, one),
  )
  return `${passed}${failed > 0 ? `, ${failed} failed` : ''}${skipped > 0 ? ` (${skipped} skipped)` : ''}`
}

function differing(without, outcomes) {
  const tests = new Set([...without.keys(), ...outcomes.keys()])
  return [...tests]
    .map((test) => ({
      test,
      from: without.get(test) ?? 'missing',
      to: outcomes.get(test) ?? 'missing',
    }))
    .filter(({ from, to }) => from !== to)
}

function tally(texts) {
  const times = new Map()
  for (const text of texts) times.set(text, (times.get(text) ?? 0) + 1)
  return times
}
