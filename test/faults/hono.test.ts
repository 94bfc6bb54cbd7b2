import { onRequests, onSockets } from '../../packages/hono-adapter/test/hono-host.ts'
import { defineSweep } from './define-sweep.ts'

// What is far from any host is faulted behind Express.
const EXTENT = { isWhole: false, hit: 'first', isSticky: false, isAnother: true } as const

// Its tap is Express's.
defineSweep('@hono/node-server', onSockets, EXTENT)
defineSweep('app.request()', onRequests, { ...EXTENT, isTapWhole: true })
