import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import type { Extent, MakeDoublingApp } from './element-host.ts'
import { launchChromium } from './launch-chromium.ts'
import { describeReviewing } from './review-work.ts'
import { describeReviewFailures } from './review-failures.ts'
import { describeReviewList } from './review-list.ts'
import { describeReviewValues } from './review-values.ts'

let browser: Browser

/** Plays the review page in a browser, as an app of an adapter's serves it. */
export function describeReviewPage(
  adapter: string,
  makeApp: MakeDoublingApp,
  { isAnother = false }: Extent = {},
): void {
  describe(`the review page of ${adapter}`, () => {
    beforeAll(async () => {
      browser = await launchChromium()
    }, 120_000)
    afterAll(() => browser?.close())

    const bench = { makeApp, browser: () => browser }
    describeReviewing(bench)
    if (isAnother) return
    describeReviewList(bench)
    describeReviewValues(bench)
    describeReviewFailures(bench)
  })
}
