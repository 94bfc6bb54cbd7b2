import { onRequests, onSockets } from '../../packages/hono-adapter/test/hono-host.ts'
import { defineSweep } from './define-sweep.ts'

const EXTENT = { isWhole: false, hit: 'first', isSticky: false } as const

defineSweep('@hono/node-server', onSockets, EXTENT)
defineSweep('app.request()', onRequests, EXTENT)
