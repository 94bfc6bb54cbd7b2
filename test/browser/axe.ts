import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong with a page as it is now: its rules, each with the elements at fault. */
export async function barriers(page: Page): Promise<unknown> {
  // Evaluated, not added as a script: that a policy of the page's would refuse.
  await page.evaluate(axe)
  // Of what is right, it need not describe each element.
  return page.evaluate(`
    axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.flat().join(' '))]),
    )
  `)
}
