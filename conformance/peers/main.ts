// `npm run conformance:peers`: installs the peers, plays every probe on each, and writes the pages.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { PROBES } from '../probes/probes.ts'
import { HOSTS, type HostName } from '../src/hosts.ts'
import { runOn } from '../src/run.ts'
import { loadSubject, mountsOn } from '../src/subject.ts'
import { installPeers } from './install.ts'
import { type Column, type HostTitles, pages } from './pages.ts'
import { type Peer, PEERS } from './peers.ts'

/** Where peers are compared; ours is played on all hosts. */
const PUBLISHED: readonly HostName[] = ['express5', 'hono']
const FOLDER = fileURLToPath(new URL('../../docs/conformance', import.meta.url))

const { values } = parseArgs({
  options: {
    // For a try: only the probes and the peers whose name has these words, and another folder.
    only: { type: 'string', default: '' },
    peer: { type: 'string', default: '' },
    to: { type: 'string', default: FOLDER },
  },
})

await installPeers()
const probes = PROBES.filter(({ name }) => name.includes(values.only))
const peers = PEERS.filter(({ module }) => module.includes(values.peer))
const columns: Column[] = await Promise.all(
  peers.map(async (peer) => {
    const { name: subject, hosts } = await loadSubject(urlOf(peer))
    const asked = hosts ?? (peer.onAll ? HOSTS : PUBLISHED)
    return { subject, peer, hosts: asked, verdicts: [] }
  }),
)
await Promise.all(HOSTS.map(playOn))
await mkdir(values.to, { recursive: true })
for (const [name, text] of pages(columns, await titles(), process.versions.node)) {
  await writeFile(join(values.to, name), `${text}\n`)
}

/** All peers together, so that the bare app is played only once, and they wait side by side. */
async function playOn(host: HostName): Promise<void> {
  const loaded = await Promise.all(columns.map(({ peer }) => loadSubject(urlOf(peer))))
  const here = columns.filter(
    ({ hosts }, at) => hosts.includes(host) && mountsOn(loaded[at]!, host),
  )
  if (here.length === 0) return
  const urls = here.map(({ peer }) => urlOf(peer))
  for await (const verdicts of runOn(host, urls, probes)) {
    verdicts.forEach((verdict, at) => here[at]!.verdicts.push(verdict))
    const different = here.filter((_, at) => verdicts[at]!.differences.length > 0)
    const who = different.map(({ subject }) => subject).join(', ')
    console.log(`${host}: ${verdicts[0]!.probe.name}: ${who || 'no difference'}`)
  }
}

function urlOf({ module }: Peer): string {
  return new URL(`../${module}`, import.meta.url).href
}

async function titles(): Promise<HostTitles> {
  const [express4, express5, hono, nodeServer] = await Promise.all(
    ['express4', 'express', 'hono', '@hono/node-server'].map(versionOf),
  )
  return {
    express5: `Express ${express5}`,
    hono: `Hono ${hono} on @hono/node-server ${nodeServer}`,
    'hono-h2c': `Hono ${hono} over HTTP/2`,
    express4: `Express ${express4}`,
  }
}

async function versionOf(name: string): Promise<string> {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version
}
