import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { costCharts } from './cost-charts.ts'
import { growthCharts } from './growth-charts.ts'
import { page } from './page.ts'
import type { Results } from './results.ts'

const FOLDER = fileURLToPath(new URL('../../../docs/performance', import.meta.url))

/** Writes the charts and the page that reads them. */
export async function writeDocs(results: Results): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  const charts = new Map([...costCharts(results), ...growthCharts(results)])
  for (const [file, text] of charts) await writeFile(join(FOLDER, file), text)
  await writeFile(join(FOLDER, 'README.md'), `${page(results, charts.keys())}\n`)
}
