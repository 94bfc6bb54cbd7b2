/** A number as people read it. */
export function count(value: number): string {
  return value.toLocaleString('en')
}

/** Bytes as people read them. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1
  return `${value.toFixed(digits)} ${units[unit]}`
}

/** A count with its noun. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`
}

/** Text for a terminal: names of files may hold what would steer it. */
export function plain(text: string): string {
  return text.replaceAll(
    /[\0-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A message with the folder of its dataset in front; those about rows have it already. */
export function inDataset(dataset: string, message: string): string {
  const hasIt = dataset === '.' || message.startsWith(dataset)
  return hasIt ? message : `${dataset}/${message}`
}

/** Lines of cells, in columns; the first column is aligned to the left, numbers to the right. */
export function table(rows: readonly (readonly string[])[], numbers: number): string[] {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  )
  return rows.map((row) =>
    row
      .map((cell, at) => {
        const width = widths[at] ?? 0
        return at > 0 && at <= numbers ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}
