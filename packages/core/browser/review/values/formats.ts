import { TEXTS } from '../texts.ts'

const size = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 })
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const brief = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' })
const month = new Intl.DateTimeFormat(undefined, {
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
})

/** A size in bytes, in the unit that fits. */
export function formatSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB']
  let value = bytes
  while (value >= 1000 && units.length > 1) {
    value /= 1000
    units.shift()
  }
  return `${size.format(value)} ${units[0] ?? ''}`
}

/** A timestamp in the time of whoever reads it; what is no time stays as it is. */
export function formatTime(timestamp: string): string {
  return formatted(timestamp, (date) => time.format(date))
}

/** The same, as short as it can be told. */
export function formatTimeBriefly(timestamp: string): string {
  const today = new Date().toDateString()
  return formatted(timestamp, (date) =>
    date.toDateString() === today ? clock.format(date) : brief.format(date),
  )
}

function formatted(timestamp: string, format: (date: Date) => string): string {
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? timestamp : format(date)
}

/** The name of a bar over time: a day, a month or a year, in UTC. */
export function formatBucket(name: string): string {
  if (name.length === 10) return day.format(new Date(name))
  return name.length === 7 ? month.format(new Date(`${name}-01`)) : name
}

/** What the folder of an endpoint is called. */
export function datasetName(dataset: string | null): string {
  return dataset === null || dataset === '' ? TEXTS.mainDataset : dataset
}
