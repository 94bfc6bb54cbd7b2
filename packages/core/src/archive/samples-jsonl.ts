import { byteStream, encodeLines } from './byte-stream.ts'
import type { DownloadSample, DownloadValue } from './download-sample.ts'
import { filesIn, objectJSON, valueJSON } from './value-json.ts'

/**
 * Samples as JSON Lines: one object a line, with the values under `inputs` and `outputs` by their
 * labels, exactly as they are. A file is `{ "file": path, "type": ..., "size": ... }`; `files` lists
 * the labels whose values are such, for a captured value may look the same.
 */
export function samplesJSONL(samples: AsyncIterable<DownloadSample>): ReadableStream<Uint8Array> {
  return byteStream(encodeLines(linesOf(samples)))
}

async function* linesOf(samples: AsyncIterable<DownloadSample>): AsyncGenerator<string> {
  for await (const sample of samples) yield `${lineOf(sample)}\n`
}

function lineOf({ dataset, log, inputs, outputs, ...sample }: DownloadSample): string {
  const withFiles = [...inputs, ...outputs].filter(({ value }) => filesIn(value).length > 0)
  const details = Object.entries(sample.details)
  return objectJSON([
    ['dataset', valueJSON(dataset)],
    ['log', valueJSON(log)],
    ['inputs', valuesJSON(inputs)],
    ['outputs', valuesJSON(outputs)],
    ['files', valueJSON(withFiles.map(({ label }) => label))],
    ['flag_option', valueJSON(sample.option)],
    ['username', valueJSON(sample.username)],
    ['details', objectJSON(details.map(([name, value]) => [name, valueJSON(value)]))],
    ['review', valueJSON(sample.review && reviewOf(sample.review))],
  ])
}

function valuesJSON(values: readonly DownloadValue[]): string {
  return objectJSON(values.map(({ label, value }) => [label, valueJSON(value)]))
}

function reviewOf({ reviewed, note }: NonNullable<DownloadSample['review']>) {
  return { reviewed, note }
}
