/** A file among the inputs of an example. */
export class ExampleFile {
  /** Where it is, absolute. */
  readonly url: string
  readonly name: string | undefined
  readonly type: string
  readonly size: number

  constructor(url: string, name: string | undefined, type: string, size: number) {
    this.url = url
    this.name = name
    this.type = type
    this.size = size
  }

  /** Its content, as a file of a form would hold it. */
  async fetch(): Promise<File> {
    const response = await fetch(this.url)
    if (!response.ok) throw new Error(`The file is not there any longer (${response.status}).`)
    const name = this.name ?? this.url.split('/').at(-1) ?? 'file'
    return new File([await response.blob()], name, { type: this.type })
  }
}

/** A link of the flag routes' own: whatever else a value says, it is what somebody has sent. */
const LINK = /^examples\/\d{1,15}\/\d{1,5}(?:\/\d{1,5})?$/

/** The value of an input as it is shown and handed on: links to files become files. */
export function withFiles(value: unknown, routes: string): unknown {
  if (!Array.isArray(value)) return fileOf(value, routes) ?? value
  const files = value.map((one) => fileOf(one, routes))
  return files.length > 0 && files.every((file) => file !== undefined) ? files : (value as unknown)
}

function fileOf(value: unknown, routes: string): ExampleFile | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { url, name, type, size } = value as Readonly<Record<string, unknown>>
  if (typeof url !== 'string' || !LINK.test(url)) return undefined
  if (typeof type !== 'string' || typeof size !== 'number') return undefined
  return new ExampleFile(
    `${routes}/${url}`,
    typeof name === 'string' ? name : undefined,
    type,
    size,
  )
}

/** The files of a value; none where it is anything else. */
export function filesOf(value: unknown): readonly ExampleFile[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.every((one) => one instanceof ExampleFile) ? values : []
}
