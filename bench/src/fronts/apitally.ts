import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { answerOf } from '../measure/answer-of.ts'

/** As its documentation has it, with request logging and the bodies turned on. */
export const APITALLY = {
  clientId: '76b5cb91-a0a4-4ea0-a894-57d2b9fcb2c9',
  env: 'dev',
  requestLogging: {
    enabled: true,
    logRequestHeaders: true,
    logRequestBody: true,
    logResponseBody: true,
  },
} as const

/**
 * Starts what stands in for its service, so that nothing leaves this machine. Must be called before
 * apitally is imported, which reads where its service is.
 */
export async function startHub(): Promise<void> {
  const hub = fork(fileURLToPath(new URL('hub-process.ts', import.meta.url)))
  process.env['APITALLY_HUB_BASE_URL'] = `http://127.0.0.1:${String(await answerOf(hub, 'a hub'))}`
  hub.unref()
  hub.channel?.unref()
}
