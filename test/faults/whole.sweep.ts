import { EXPRESS, expressAdapter } from '../../packages/express-adapter/test/express-host.ts'
import { onRequests, onSockets } from '../../packages/hono-adapter/test/hono-host.ts'
import { defineSweep } from './define-sweep.ts'

const HOSTS = [
  ...EXPRESS.map(([name, express]) => [name, expressAdapter(express)] as const),
  ['@hono/node-server', onSockets] as const,
  ['app.request()', onRequests] as const,
]

for (const [name, adapter] of HOSTS) {
  for (const hit of ['first', 'last'] as const) {
    // Where all calls fail, web streams cannot be handed on either; on sockets nothing has to be made.
    for (const isSticky of adapter.hasSockets ? [false, true] : [false]) {
      const how = `${hit} time${isSticky ? ', and at all that follows in that turn' : ''}`
      defineSweep(`${name}, the ${how}`, adapter, { isWhole: true, hit, isSticky })
    }
  }
}
