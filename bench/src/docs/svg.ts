/** The attributes of an element. */
type Attributes = Readonly<Record<string, string | number>>

/** An element of a picture. */
export function element(name: string, attributes: Attributes, ...inside: string[]): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : escaped(value)}"`,
  )
  const start = `<${name}${written.join('')}`
  return inside.length === 0 ? `${start}/>` : `${start}>${inside.join('')}</${name}>`
}

/** A line of text; `class` says which of those that {@link picture} knows. */
export function label(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escaped(text))
}

/** A whole picture with a title, readable on light and on dark pages. */
export function picture(
  size: { readonly width: number; readonly height: number },
  title: string,
  subtitle: string,
  inside: readonly string[],
): string {
  const { width, height } = size
  const parts = [
    element('title', {}, escaped(title)),
    element('style', {}, STYLE),
    element('rect', { class: 'page', width, height, rx: 8 }),
    label(24, 34, title, { class: 'title' }),
    label(24, 55, subtitle, { class: 'quiet' }),
    ...inside,
  ]
  const root = element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height },
    `\n${parts.join('\n')}\n`,
  )
  return `${root}\n`
}

const STYLE = [
  'text{font:13px system-ui,-apple-system,Roboto,sans-serif;fill:#24292f}',
  '.title{font-size:16px;font-weight:600}.quiet{fill:#57606a}.strong{font-weight:600}',
  '.page{fill:#fff}.grid{stroke:#e3e7eb}.axis{stroke:#8c959f}.bar{fill:#c3cad2}.bar.ours{fill:#2f6fd0}',
  '.line{fill:none;stroke-width:2.2}.spread{stroke-width:1.2;opacity:.65}',
  '.c0{stroke:#2f6fd0}.c1{stroke:#c4570b}.f0{fill:#2f6fd0}.f1{fill:#c4570b}',
  '.long{stroke-dasharray:7 4}.short{stroke-dasharray:2 4}.dot{stroke:#fff;stroke-width:1}',
  '@media (prefers-color-scheme:dark){text{fill:#e6edf3}.quiet{fill:#9198a1}.page{fill:#0d1117}',
  '.grid{stroke:#262c36}.axis{stroke:#6e7681}.bar{fill:#4b535d}.bar.ours{fill:#4c8df6}',
  '.c0{stroke:#4c8df6}.c1{stroke:#f0883e}.f0{fill:#6ea8ff}.f1{fill:#f0883e}',
  '.dot{stroke:#0d1117}}',
].join('')

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}
