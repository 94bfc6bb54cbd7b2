import { describe } from 'vitest'
import { accessContract } from './access.ts'
import { callbackContract } from './callbacks.ts'
import { byHandContract } from './by-hand.ts'
import { capsContract } from './caps.ts'
import { capturedBodiesContract, unreadBodiesContract } from './captured-bodies.ts'
import { codingsContract } from './codings.ts'
import { elsewhereContract } from './elsewhere.ts'
import { endingsContract } from './endings.ts'
import { examplesContract } from './examples.ts'
import { fileAnswersContract } from './file-answers.ts'
import { filenamesContract } from './filenames.ts'
import { guideContract } from './guide.ts'
import type { Adapter } from './host.ts'
import { hostileJSONContract } from './hostile-json.ts'
import { hostileMultipartContract } from './hostile-multipart.ts'
import { hostileTextsContract } from './hostile-texts.ts'
import { hostFunctionsContract } from './host-functions.ts'
import { lifecycleContract } from './lifecycle.ts'
import { modesAndOptionsContract } from './modes-and-options.ts'
import { mountingContract } from './mounting.ts'
import { postedContract } from './posted.ts'
import { redactionContract } from './redaction.ts'
import { reviewContract } from './review.ts'
import { reviewDownloadsContract } from './review-downloads.ts'
import { reviewLogsContract } from './review-logs.ts'
import { routesContract } from './routes.ts'
import { secretsContract } from './secrets.ts'
import { socketsContract } from './sockets.ts'
import { transparencyContract } from './transparency.ts'
import { unflagContract } from './unflag.ts'
import { undeclaredContract } from './undeclared.ts'

/** How much of the contract a host is held to. */
export interface Extent {
  /**
   * Whether another host of the same adapter is held to all of it: then this one leaves out what becomes of
   * values once they are captured, and what only lies behind a route.
   */
  readonly isAnother?: boolean
}

/** What every adapter does alike. An adapter's own test says how hosts are mounted, nothing else. */
export function adapterContract(
  name: string,
  adapter: Adapter,
  { isAnother = false }: Extent = {},
): void {
  describe(`${name}`, () => {
    guideContract(adapter)
    capturedBodiesContract(adapter)
    if (!adapter.isHTTP2) unreadBodiesContract(adapter)
    codingsContract(adapter)
    modesAndOptionsContract(adapter)
    byHandContract(adapter)
    postedContract(adapter)
    accessContract(adapter)
    routesContract(adapter)
    fileAnswersContract(adapter)
    mountingContract(adapter)
    transparencyContract(adapter)
    endingsContract(adapter)
    if (adapter.hasSockets) socketsContract(adapter)
    lifecycleContract(adapter)
    hostFunctionsContract(adapter)
    if (isAnother) return
    hostileMultipartContract(adapter)
    capsContract(adapter)
    unflagContract(adapter)
    undeclaredContract(adapter)
    elsewhereContract(adapter)
    callbackContract(adapter)
    redactionContract(adapter)
    secretsContract(adapter)
    hostileJSONContract(adapter)
    hostileTextsContract(adapter)
    filenamesContract(adapter)
    reviewContract(adapter)
    reviewDownloadsContract(adapter)
    reviewLogsContract(adapter)
    examplesContract(adapter)
  })
}
