import type { FlagButtonLabels } from './button-labels.ts'
import { make } from './make.ts'

/** What a line shows at a moment. */
export interface LineState {
  readonly text: string
  readonly isSaving: boolean
  readonly mayRetry: boolean
  readonly mayUndo: boolean
  /** Where the focus goes from a button that is not there any longer. */
  readonly focus: HTMLElement | undefined
}

/** What is said of a flag, aloud too, with what may be done about it: once more, or back. */
export class ButtonLine {
  readonly elements: readonly HTMLElement[]
  readonly #status: HTMLElement = make('p', { part: 'status', role: 'status', id: 'status' })
  readonly #undo: HTMLButtonElement
  readonly #retry: HTMLButtonElement

  constructor(undo: () => void, retry: () => void) {
    const described = { type: 'button', hidden: true, 'aria-describedby': 'status' }
    this.#undo = make('button', { part: 'button undo', ...described })
    this.#retry = make('button', { part: 'button retry', ...described })
    this.#undo.addEventListener('click', undo)
    this.#retry.addEventListener('click', retry)
    this.elements = [this.#status, this.#undo, this.#retry]
  }

  /** Gives the buttons their texts. */
  label({ undo, retry }: FlagButtonLabels): void {
    this.#undo.textContent = undo
    this.#retry.textContent = retry
  }

  show({ text, isSaving, mayRetry, mayUndo, focus }: LineState): void {
    const root = this.#status.getRootNode()
    const focused = root instanceof ShadowRoot ? root.activeElement : null
    this.#status.textContent = text
    this.#retry.hidden = !mayRetry
    this.#undo.hidden = !mayUndo
    // Not `disabled`, which would take the focus away.
    this.#undo.setAttribute('aria-disabled', String(isSaving))
    const isGone = (focused === this.#undo && !mayUndo) || (focused === this.#retry && !mayRetry)
    if (isGone) (mayRetry ? this.#retry : focus)?.focus()
  }
}
