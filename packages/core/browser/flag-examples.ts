import { filesOf, withFiles } from './example-file.ts'
import { fillForm } from './fill-form.ts'
import { FlagFailure, HTTPRoutes } from './http-routes.ts'
import { ENGLISH_EXAMPLES, type FlagExamplesLabels } from './example-labels.ts'
import { exampleStyles } from './example-styles.ts'
import { make } from './make.ts'
import { showValue } from './show-value.ts'

/** What `GET {path}/examples` answers. */
interface ExamplesPage {
  readonly components: readonly { readonly label: string; readonly type: string }[]
  readonly examples: readonly Readonly<Record<string, unknown>>[]
  readonly next: number | null
}

/** What the event `example` says of the one that was chosen. */
export interface ExampleDetail {
  /** By label; files are `ExampleFile`s. */
  readonly inputs: Readonly<Record<string, unknown>>
  /** Fills the fields of a form that are named like the inputs, files included. */
  fill(form: HTMLFormElement): Promise<void>
}

const PAGE = 10

// A class, so that the module may be imported where there is no browser.
const Element: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as typeof HTMLElement)

/**
 * The examples of the flag routes, a page at a time: as thumbnails where each is one picture or
 * video, otherwise as a table. Choosing one tells its inputs to the page.
 *
 * Attributes: `path`, the flag routes' own path (default `/flag`, or where the script came from);
 * `page-size`, examples on a page (default 10, at most 200); `layout`, `table` or `thumbnails`;
 * `crossorigin`, as on other elements, for flag routes of another origin.
 * Parts: `table`, `thumbnails`, `choose`, `image`, `video`, `audio`, `file`, `files`, `text`,
 * `pages`, `button`, `previous`, `next`, `status`.
 * The event `example`, which bubbles, has an {@link ExampleDetail}.
 */
export class FlagExamples extends Element {
  static readonly observedAttributes: readonly string[] = [
    'path',
    'page-size',
    'layout',
    'crossorigin',
  ]
  /** The flag routes of elements without the attribute `path`. */
  static path: string = '/flag'
  /** The texts of all elements; each may have some of its own. */
  static labels: FlagExamplesLabels = ENGLISH_EXAMPLES

  #labels: Partial<FlagExamplesLabels> = {}
  #offset = 0
  /** The offsets of the pages before. */
  #before: number[] = []
  #next: number | null = null
  #asking = new AbortController()
  readonly #status: HTMLElement = make('p', { part: 'status', role: 'status' })

  constructor() {
    super()
    const shadow = this.attachShadow({ mode: 'open' })
    shadow.adoptedStyleSheets = [exampleStyles()]
  }

  /** Texts of this element that are other than those of all. */
  get labels(): Partial<FlagExamplesLabels> {
    return this.#labels
  }

  set labels(labels: Partial<FlagExamplesLabels>) {
    this.#labels = labels
    if (this.isConnected) void this.refresh()
  }

  connectedCallback(): void {
    // What was set before the element was known lies in the way of its accessor.
    if (Object.hasOwn(this, 'labels')) {
      const { labels } = this
      delete (this as Partial<typeof this>).labels
      this.labels = labels
    } else void this.refresh()
  }

  disconnectedCallback(): void {
    this.#asking.abort()
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return
    this.#offset = 0
    this.#before = []
    void this.refresh()
  }

  /** Shows the page anew, for instance after something was flagged. */
  async refresh(): Promise<void> {
    this.#asking.abort()
    const { signal } = (this.#asking = new AbortController())
    try {
      const path = this.getAttribute('path') ?? FlagExamples.path
      const routes = new HTTPRoutes(path, this.getAttribute('crossorigin'))
      const size = Math.min(200, Math.max(1, Number(this.getAttribute('page-size')) || PAGE))
      const query = `/examples?offset=${this.#offset}&limit=${size}`
      const page = (await routes.ask(query, signal)) as ExamplesPage
      if (!signal.aborted) this.#render(page, routes.url)
    } catch (error) {
      if (signal.aborted) return
      const { unreachable } = this.#text
      const isUnreachable = error instanceof FlagFailure && error.code === 'unreachable'
      this.#status.textContent = isUnreachable ? unreachable : (error as Error).message
      this.shadowRoot?.replaceChildren(this.#status)
    }
  }

  get #text(): FlagExamplesLabels {
    return { ...FlagExamples.labels, ...this.#labels }
  }

  #render({ components, examples, next }: ExamplesPage, routes: string): void {
    this.#next = next
    const labels = components.map(({ label }) => label)
    const all = examples.map((example) =>
      Object.fromEntries(labels.map((label) => [label, withFiles(example[label], routes)])),
    )
    const pages = this.#pages()
    this.#status.textContent = all.length === 0 ? this.#text.empty : ''
    const shown = all.length === 0 ? [] : [this.#layOut(labels, all)]
    this.shadowRoot?.replaceChildren(...shown, ...pages, this.#status)
  }

  #layOut(labels: readonly string[], all: readonly ExampleDetail['inputs'][]): HTMLElement {
    const isSeen = all.every((inputs) => labels.length === 1 && isPicture(inputs[labels[0] ?? '']))
    const asked = this.getAttribute('layout')
    const isTable = asked === 'table' || (asked !== 'thumbnails' && !isSeen)
    return isTable ? this.#table(labels, all) : this.#thumbnails(labels, all)
  }

  #table(labels: readonly string[], all: readonly ExampleDetail['inputs'][]): HTMLElement {
    const head = make('tr', {}, ...labels.map((label) => make('th', { scope: 'col' }, label)))
    const rows = all.map((inputs) => {
      const [first = '', ...others] = labels
      const row = make(
        'tr',
        {},
        make('td', {}, this.#choice(inputs, [first]), ...playersOf(inputs[first])),
        ...others.map((label) => make('td', {}, showValue(inputs[label], false))),
      )
      // For the mouse all of the row is one target; keyboards have the button.
      row.addEventListener('click', ({ target }) => {
        if (!(target instanceof HTMLMediaElement)) this.#choose(inputs)
      })
      return row
    })
    const table = make('table', { part: 'table', 'aria-label': this.#text.examples })
    table.append(make('thead', {}, head), make('tbody', {}, ...rows))
    return table
  }

  #thumbnails(labels: readonly string[], all: readonly ExampleDetail['inputs'][]): HTMLElement {
    const items = all.map((inputs) => {
      const choice = this.#choice(inputs, labels)
      choice.addEventListener('click', () => this.#choose(inputs))
      return make('li', {}, choice)
    })
    return make('ul', { part: 'thumbnails', 'aria-label': this.#text.examples }, ...items)
  }

  #choice(inputs: ExampleDetail['inputs'], labels: readonly string[]): HTMLButtonElement {
    const { choose } = this.#text
    const values = labels.map((label) => showValue(inputs[label], true))
    const isBlank = values.every((value) => value.textContent === '' && !value.firstElementChild)
    const said = Object.values(inputs).map((value) => showValue(value, true).textContent)
    const name = `${choose} ${said.join(' ')}`.trim()
    const shown = isBlank ? [choose] : values
    return make('button', { part: 'choose', type: 'button', 'aria-label': name }, ...shown)
  }

  #choose(inputs: ExampleDetail['inputs']): void {
    const detail: ExampleDetail = { inputs, fill: (form) => fillForm(form, inputs) }
    this.dispatchEvent(new CustomEvent('example', { detail, bubbles: true, composed: true }))
  }

  #pages(): readonly HTMLElement[] {
    if (this.#before.length === 0 && this.#next === null) return []
    const { previous, next, pages } = this.#text
    const back = make('button', { part: 'button previous', type: 'button' }, previous)
    back.disabled = this.#before.length === 0
    back.addEventListener('click', () => {
      this.#offset = this.#before.pop() ?? 0
      void this.refresh()
    })
    const on = make('button', { part: 'button next', type: 'button' }, next)
    on.disabled = this.#next === null
    on.addEventListener('click', () => {
      this.#before.push(this.#offset)
      this.#offset = this.#next ?? 0
      void this.refresh()
    })
    return [make('nav', { part: 'pages', 'aria-label': pages }, back, on)]
  }
}

/** What has controls cannot lie in a button, and lies beside it. */
function playersOf(value: unknown): readonly HTMLElement[] {
  const isSound = filesOf(value).some(({ type }) => type.startsWith('audio/'))
  return isSound ? [showValue(value, false)] : []
}

function isPicture(value: unknown): boolean {
  const files = filesOf(value)
  return files.length === 1 && /^(?:image|video)\//.test(files[0]?.type ?? '')
}

/** Makes `<flag-examples>` known to the page, unless it is. */
export function defineFlagExamples(): void {
  const { customElements } = globalThis
  if (customElements && !customElements.get('flag-examples')) {
    customElements.define('flag-examples', FlagExamples)
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'flag-examples': FlagExamples
  }
  interface HTMLElementEventMap {
    example: CustomEvent<ExampleDetail>
  }
}
