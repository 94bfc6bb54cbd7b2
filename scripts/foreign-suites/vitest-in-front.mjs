// What is added to a suite's vitest config, so that flagging is in front of every Hono app.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Calls the mount before the first route is added, and before a request is dispatched. */
const mountOnHono = {
  name: 'mount-on-hono',
  enforce: 'pre',
  transform(code, id) {
    if (!/\/hono-base\.[jt]s$/.test(id)) return undefined
    let found = 0
    const mounted = code.replace(/^\s+#(addRoute|dispatch)\([^{}]*\{$/gm, (start) => {
      found++
      return `${start} globalThis.mountFlagging(this);`
    })
    if (found !== 2) throw new Error(`${id} is no longer what this expects`)
    return mounted
  },
}

const adapter = here('../../packages/hono-adapter/dist/index.js')

function inProject(project, alias) {
  const { server, setupFiles } = project.test
  return {
    ...project,
    plugins: [mountOnHono, ...(project.plugins ?? [])],
    resolve: {
      ...project.resolve,
      alias: [{ find: '@flagging/hono-adapter', replacement: adapter }, ...alias],
    },
    test: {
      ...project.test,
      server: { ...server, deps: { ...server?.deps, inline: [/\/hono\/dist\//] } },
      setupFiles: [here('mount-on-hono.mjs'), ...[setupFiles ?? []].flat()],
    },
  }
}

/**
 * @param config the suite's own
 * @param hono the modules of the only copy of Hono that may be in play, by what they are imported as
 * @param runtimes the configs of projects that it names by a glob, by folder
 */
export function inFrontOf(config, hono, runtimes = {}) {
  const alias = Object.entries(hono).map(([name, file]) => ({
    find: new RegExp(`^${name}$`),
    replacement: join(process.cwd(), file),
  }))
  const { projects } = config.test
  if (!projects) return inProject(config, alias)
  const inline = projects.filter((project) => typeof project !== 'string')
  const more = Object.entries(runtimes).map(([root, project]) => ({ ...project, root }))
  const all = [...inline, ...more].map((project) => inProject(project, alias))
  return { ...config, test: { ...config.test, projects: all } }
}
