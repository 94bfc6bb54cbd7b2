import type { Flagging, FlaggingOptions } from '@flagging/core'
import { EXPRESS, expressAdapter } from '../../../express-adapter/test/express-host.ts'
import { onSockets } from '../../../hono-adapter/test/hono-host.ts'
import * as api from '../../../../test/contract/api.ts'
import { type Server, route, use } from '../../../../test/contract/host.ts'

const [[, express]] = EXPRESS as [(typeof EXPRESS)[number]]
const ADAPTERS = { express: expressAdapter(express), hono: onSockets } as const

/** What an instance is served with. */
export type Framework = keyof typeof ADAPTERS

/** Serves an instance of the API that all tests of passing use. */
export async function serveInstance(
  framework: Framework,
  options: FlaggingOptions<object>,
): Promise<{ server: Server; flagging: Flagging }> {
  const adapter = ADAPTERS[framework]
  const mounted = adapter.flagging({
    inputs: ['num1', 'operation', 'num2'],
    username: (target) => adapter.headerOf(target, 'x-user'),
    ...options,
  })
  const server = await adapter.serve([use(mounted), route('POST /calculate', api.calculator)])
  return { server, flagging: mounted.flagging }
}
