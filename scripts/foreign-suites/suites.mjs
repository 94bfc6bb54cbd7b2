// The suites: where the source of each is, how it is run, and what flagging is mounted in front of.

const nodeSuite = (repo, tag, mount, ...args) => ({ repo, tag, mount, runner: 'mocha', args })
const withEnv = ['--require', 'test/support/env']

/** What differs with any middleware in front, ours or one that does nothing. */
const THROWS_AT_ONCE =
  'asks that the app throws synchronously, which Hono does only where one single handler matches'

/** The suites by name. */
export const suites = {
  express: nodeSuite(
    'expressjs/express',
    'v5.2.1',
    'express .',
    ...withEnv,
    '--check-leaks',
    'test/',
    'test/acceptance/',
  ),
  express4: nodeSuite(
    'expressjs/express',
    'v4.22.2',
    'express .',
    ...withEnv,
    '--check-leaks',
    'test/',
    'test/acceptance/',
  ),
  multer: nodeSuite('expressjs/multer', 'v2.1.1', 'multer', '--exit', '--check-leaks', 'test/'),
  compression: nodeSuite('expressjs/compression', 'v1.8.1', 'servers', '--check-leaks'),
  'body-parser': nodeSuite('expressjs/body-parser', 'v2.3.0', 'servers', '--check-leaks', 'test/'),
  cors: nodeSuite('expressjs/cors', 'v2.8.6', 'express express', ...withEnv),
  session: {
    ...nodeSuite('expressjs/session', 'v1.19.0', 'servers', ...withEnv, '--check-leaks', 'test/'),
    prepare: ['sh', 'test/support/gencert.sh'],
  },
  'cookie-session': nodeSuite(
    'expressjs/cookie-session',
    'v2.1.1',
    'servers',
    '--check-leaks',
    'test/',
  ),
  'serve-static': nodeSuite(
    'expressjs/serve-static',
    'v2.2.1',
    'servers',
    '--check-leaks',
    'test/',
  ),
  morgan: nodeSuite('expressjs/morgan', '1.10.1', 'servers', '--check-leaks'),
  'response-time': nodeSuite('expressjs/response-time', 'v2.3.4', 'servers'),
  finalhandler: nodeSuite('pillarjs/finalhandler', 'v2.1.1', 'servers', '--check-leaks', 'test/'),
  router: nodeSuite('pillarjs/router', 'v2.2.0', 'servers', '--check-leaks', 'test/'),
  send: nodeSuite('pillarjs/send', '1.2.1', 'servers', '--check-leaks'),
  supertest: nodeSuite(
    'ladjs/supertest',
    'v6.3.4',
    'express express',
    '--exit',
    '--require',
    'should',
    '--check-leaks',
  ),
  hono: {
    repo: 'honojs/hono',
    tag: 'v4.13.3',
    runner: 'vitest',
    // The others are for other runtimes.
    args: [
      'main',
      'jsx-runtime-default',
      'jsx-runtime-dom',
      'node',
      'lambda',
      'lambda-edge',
    ].flatMap((project) => ['--project', project]),
    // `@hono/node-server` looks for the Hono that it serves beside it.
    beside: { hono: 'hono@4.13.3' },
    modules: { hono: 'src/index.ts', 'hono/route': 'src/helper/route/index.ts' },
    runtimes: ['node', 'lambda', 'lambda-edge'],
    expected: {
      'Error handle > Basic > Should throw Error if a non-Error object is thrown in a handler':
        THROWS_AT_ONCE,
      'Adapter for Cloudflare Pages > Should not use `basePath()` if path argument is not passed':
        THROWS_AT_ONCE,
      'Adapter for Next.js > Should not use `route()` if path argument is not passed':
        THROWS_AT_ONCE,
      'Customizing Caching Keys > Should retrieve cached response with dynamic cache name and key':
        'answers several times with one and the same response, whose body is read already',
      'Serve Static Middleware > Should return response object content as-is':
        'asks for the very stream object that the handler gave, not for what is in it',
    },
  },
  'node-server': {
    repo: 'honojs/node-server',
    tag: 'v2.0.11',
    runner: 'vitest',
    args: [],
    modules: {
      hono: 'node_modules/hono/dist/index.js',
      'hono/route': 'node_modules/hono/dist/helper/route/index.js',
    },
    runtimes: [],
  },
}
