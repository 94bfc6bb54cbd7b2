import { times } from '../../../test/bounds/scale.ts'
import { adapterContract } from '../../../test/contract/adapter-contract.ts'
import { onRequests, onSockets } from './hono-host.ts'

adapterContract('Hono on @hono/node-server', onSockets)
adapterContract('Hono without sockets', onRequests, { isAnother: times(true, false) })
