import type { FlagButtonState, FlagDetail, UnflagDetail } from './button-events.ts'
import { FlagForm, type FlagWords } from './flag-form.ts'
import { type DescribedOption, type Description, FlagRoutes } from './flag-routes.ts'
import { FlagFailure } from './http-routes.ts'
import { ENGLISH, type FlagButtonLabels } from './button-labels.ts'
import { ButtonLine } from './button-line.ts'
import { make } from './make.ts'
import { buttonStyles } from './button-styles.ts'

// A class, so that the module may be imported where there is no browser.
const Element: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as typeof HTMLElement)

/**
 * Buttons that flag an interaction: one for each option of the flag routes, none in the modes `auto`
 * and `never`. Give it the response of the API: `button.interaction = response`.
 *
 * Attributes: `path`, the flag routes' own path (default `/flag`, or where the script came from);
 * `interaction`, an id; `crossorigin`, as on other elements, for flag routes of another origin.
 * Parts: `group`, `button`, `option`, `form`, `comment`, `correction`, `problem`, `actions`, `send`,
 * `cancel`, `status`, `undo`, `retry`. The attribute `state` says what it is at.
 * Events, which bubble: `flag` with {@link FlagDetail}, `unflag` with {@link UnflagDetail}, `flagerror`
 * with a {@link FlagFailure}.
 */
export class FlagButton extends Element {
  static readonly observedAttributes: readonly string[] = ['path', 'interaction', 'crossorigin']
  /** The flag routes of buttons without the attribute `path`. */
  static path: string = '/flag'
  /** The texts of all buttons; each may have some of its own. */
  static labels: FlagButtonLabels = ENGLISH

  #labels: Partial<FlagButtonLabels> = {}
  #routes: FlagRoutes | undefined
  #description: Description | undefined
  #options: HTMLButtonElement[] = []
  #form: FlagForm | undefined
  #pressed: HTMLButtonElement | undefined
  readonly #line: ButtonLine = new ButtonLine(
    () => void this.#undo(),
    () => this.#again?.(),
  )
  #again: (() => void) | undefined
  #asking = new AbortController()
  #sending = new AbortController()
  /** What was flagged last, as it was sent. */
  #sent: string | undefined
  #option: string | null | undefined
  /** Whether what failed is the taking back, so that its button would be one too many. */
  #isUndoFailed = false

  constructor() {
    super()
    const shadow = this.attachShadow({ mode: 'open', delegatesFocus: true })
    shadow.adoptedStyleSheets = [buttonStyles()]
  }

  /** The id of the interaction; set it to a `Response`, of which it takes `Flagging-Id`, or an id. */
  get interaction(): string | null {
    return this.getAttribute('interaction')
  }

  set interaction(given: Response | string | null) {
    const id = given instanceof Response ? given.headers.get('Flagging-Id') : given
    if (id === null) this.removeAttribute('interaction')
    else this.setAttribute('interaction', id)
  }

  /** The option that the interaction was flagged with; `undefined` if it was not. */
  get option(): string | null | undefined {
    return this.#option
  }

  get state(): FlagButtonState {
    return (this.getAttribute('state') ?? 'idle') as FlagButtonState
  }

  /** Texts of this button that are other than those of all. */
  get labels(): Partial<FlagButtonLabels> {
    return this.#labels
  }

  set labels(labels: Partial<FlagButtonLabels>) {
    this.#labels = labels
    if (this.#description) this.#render(this.#description)
  }

  connectedCallback(): void {
    // What was set before the element was known lies in the way of its accessors.
    for (const name of ['interaction', 'labels'] as const) {
      if (!Object.hasOwn(this, name)) continue
      const given = this[name]
      delete (this as Partial<typeof this>)[name]
      Object.assign(this, { [name]: given })
    }
    void this.#start()
  }

  disconnectedCallback(): void {
    this.#asking.abort()
    this.#sending.abort()
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return
    if (name === 'interaction') this.#reset()
    else void this.#start()
  }

  get #text(): FlagButtonLabels {
    return { ...FlagButton.labels, ...this.#labels }
  }

  async #start(): Promise<void> {
    this.#asking.abort()
    const { signal } = (this.#asking = new AbortController())
    try {
      const path = this.getAttribute('path') ?? FlagButton.path
      this.#routes = new FlagRoutes(path, this.getAttribute('crossorigin'))
      const description = await this.#routes.describe(signal)
      if (!signal.aborted) this.#render(description)
    } catch (error) {
      if (!signal.aborted) this.#fail(error, () => void this.#start())
    }
  }

  #render(description: Description): void {
    const text = this.#text
    this.#description = description
    this.#options = description.options.map((option) => this.#optionButton(option))
    const hasFields = description.comment || description.correction
    this.#form = hasFields ? this.#makeForm(description, text) : undefined
    this.#line.label(text)
    const group = make('div', { part: 'group', role: 'group', 'aria-label': text.group })
    group.append(...this.#options)
    const isThere = this.#options.length > 0
    const rest = this.#form ? [this.#form.element] : []
    this.shadowRoot?.replaceChildren(...(isThere ? [group, ...rest, ...this.#line.elements] : []))
    this.#reset()
  }

  #optionButton({ label, value }: DescribedOption): HTMLButtonElement {
    const button = make('button', { part: 'button option', type: 'button' }, label)
    button.addEventListener('click', () => {
      if (this.state === 'saving') return
      this.#pressed = button
      if (this.#form) this.#form.open()
      else void this.#send(button, value, {})
    })
    return button
  }

  #makeForm(description: Description, text: FlagButtonLabels): FlagForm {
    const form = new FlagForm(description, text, {
      send: (words) => {
        const pressed = this.#pressed
        const option = pressed && description.options[this.#options.indexOf(pressed)]
        if (this.state === 'saving' || !pressed || !option) return
        form.close()
        pressed.focus()
        void this.#send(pressed, option.value, words)
      },
      cancel: () => {
        form.close()
        this.#pressed?.focus()
      },
    })
    return form
  }

  async #send(button: HTMLButtonElement, option: string | null, words: FlagWords): Promise<void> {
    const id = this.interaction
    if (id === null) return
    const flag = { id, ...(option !== null && { option }), ...words }
    const sent = JSON.stringify(flag)
    // A second press does nothing twice.
    if (sent === this.#sent && this.state === 'flagged') return
    const { signal } = (this.#sending = new AbortController())
    this.#show('saving', this.#text.saving)
    try {
      const waits = () => this.#show('saving', this.#text.waiting)
      const count = await (this.#routes as FlagRoutes).flag(flag, signal, waits)
      if (signal.aborted) return
      this.#sent = sent
      this.#option = option
      for (const one of this.#options) one.setAttribute('aria-pressed', String(one === button))
      const text = this.#text.flagged.replaceAll('{option}', () => button.textContent ?? '')
      this.#show('flagged', text)
      this.#tell<FlagDetail>('flag', { id, option, ...words, count })
    } catch (error) {
      if (!signal.aborted) this.#fail(error, () => void this.#send(button, option, words))
    }
  }

  async #undo(): Promise<void> {
    const id = this.interaction
    if (id === null || this.state === 'saving') return
    const { signal } = (this.#sending = new AbortController())
    this.#show('saving', this.#text.undoing)
    try {
      const deleted = await (this.#routes as FlagRoutes).unflag(id, signal)
      if (signal.aborted) return
      this.#forget()
      this.#show('idle', this.#text.undone)
      this.#tell<UnflagDetail>('unflag', { id, deleted })
    } catch (error) {
      if (signal.aborted) return
      const { notUndone: failed, undoExpired: expired } = this.#text
      this.#isUndoFailed = true
      this.#fail(error, () => void this.#undo(), { failed, expired })
    }
  }

  #fail(
    error: unknown,
    again: () => void,
    { failed, expired }: Pick<FlagButtonLabels, 'failed' | 'expired'> = this.#text,
  ): void {
    const { unreachable } = this.#text
    const failure = error instanceof FlagFailure ? error : undefined
    const reasons: Record<string, string> = { unreachable, not_found: expired }
    const reason = reasons[failure?.code ?? ''] ?? failure?.message ?? (error as Error).message
    this.#again = failure?.mayRetry === true ? again : undefined
    this.#line.label(this.#text)
    // Where even the description is missing there are no buttons yet.
    if (!this.#description) this.shadowRoot?.replaceChildren(...this.#line.elements)
    this.#show('error', `${failed} ${reason}`)
    this.#tell<unknown>('flagerror', error)
  }

  /** Another interaction: nothing of the one before counts any longer. */
  #reset(): void {
    this.#sending.abort()
    this.#forget()
    this.#form?.close()
    this.#show('idle', '')
  }

  #forget(): void {
    this.#sent = this.#option = this.#again = undefined
    this.#form?.element.reset()
    for (const one of this.#options) one.setAttribute('aria-pressed', 'false')
  }

  #show(state: FlagButtonState, text: string): void {
    this.setAttribute('state', state)
    if (state === 'flagged' || state === 'idle') this.#isUndoFailed = false
    const isFlagged = this.#option !== undefined
    this.#line.show({
      text,
      isSaving: state === 'saving',
      mayRetry: state === 'error' && this.#again !== undefined,
      mayUndo: this.#description?.canUndo === true && isFlagged && !this.#isUndoFailed,
      focus: this.#pressed,
    })
    for (const one of this.#options) {
      // Not `disabled` while it saves: that would take the focus away.
      one.disabled = this.interaction === null
      one.setAttribute('aria-disabled', String(state === 'saving' || one.disabled))
    }
  }

  #tell<Detail>(name: string, detail: Detail): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
  }
}

/** Makes `<flag-button>` known to the page, unless it is. */
export function defineFlagButton(): void {
  const { customElements } = globalThis
  if (customElements && !customElements.get('flag-button')) {
    customElements.define('flag-button', FlagButton)
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'flag-button': FlagButton
  }
}
