import { CPU, type Entry, type Group, TIME } from '../measure/group.ts'

function entry(name: string, server: string, connections: number): Entry {
  return { name, settings: { server, connections } }
}

/** What the bench itself costs, of every figure that is measured in process. */
export const HARNESS: Group = {
  name: 'the bench itself, in process',
  unit: 'exchange',
  module: 'harness.ts',
  entries: [
    entry('fake sockets without HTTP, 32 at once', 'none', 32),
    entry('the same again', 'none', 32),
    entry('fake sockets without HTTP, 1 at once', 'none', 1),
    entry('node:http, 32 at once', 'http', 32),
    entry('node:http, 1 at once', 'http', 1),
  ],
  measures: [CPU, TIME],
  count: 4096,
  rounds: 31,
  warmUp: 6,
  quick: 0,
}
