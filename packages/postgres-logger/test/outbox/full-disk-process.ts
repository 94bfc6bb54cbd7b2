// Run as a process of its own, which may write no larger files, by `full-disk.test.ts`.
import { readdirSync } from 'node:fs'
import { FlaggingError } from '@flagging/core'
import { Outbox } from '../../src/outbox/outbox.ts'

const [dir = ''] = process.argv.slice(2)
const outbox = new Outbox(
  {
    dir,
    maxBytes: 1024 ** 3,
    alarmBytes: 1024 ** 3,
    destination: 'flagging',
    writer: { write: () => Promise.reject(new Error('down')) },
    onError: () => undefined,
  },
  { scanMs: 30_000, idleMs: 30_000, patienceMs: 1000 },
)
/** What is known of them takes more than a KiB. */
const components = [{ label: 'x'.repeat(2000), type: 'any', role: 'input' }] as const

async function flag(): Promise<string> {
  const [none, id] = [null, 'A'.repeat(22)]
  const facts = { interaction: none, endpoint: none, method: none, status: none, duration: none }
  const texts = { option: none, username: none, comment: none, correction: none }
  const rest = { ended: none, truncated: none, byHand: none, ...facts, ...texts }
  try {
    await outbox.add({ id, at: new Date(), folder: '', components, values: [1], ...rest })
    return 'stored'
  } catch (error) {
    return error instanceof FlaggingError ? error.code : String(error)
  }
}

const open = (): number => readdirSync('/proc/self/fd').length

const codes = new Set([await flag()])
const before = open()
for (let flags = 0; flags < 20; flags++) codes.add(await flag())
const opened = open() - before
const entries = (): number => readdirSync(dir, { recursive: true }).length
const during = entries()
await outbox.close()
process.stdout.write(JSON.stringify({ codes: [...codes], opened, during, left: entries() }))
