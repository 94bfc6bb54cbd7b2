import { times } from '../../../test/bounds/scale.ts'
import { adapterContract } from '../../../test/contract/adapter-contract.ts'
import { onHttp2 } from './hono-host.ts'

adapterContract('Hono on @hono/node-server over HTTP/2', onHttp2, { isAnother: times(true, false) })
