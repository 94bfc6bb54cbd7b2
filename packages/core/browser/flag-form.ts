import { type CorrectionField, correctionField } from './correction-field.ts'
import type { Description } from './flag-routes.ts'
import type { FlagButtonLabels } from './button-labels.ts'
import { make } from './make.ts'

/** What somebody says beside the option. */
export interface FlagWords {
  readonly comment?: string
  readonly correction?: unknown
}

/** What a form tells of. */
export interface FlagFormEvents {
  readonly send: (words: FlagWords) => void
  readonly cancel: () => void
}

/** The fields that open where a flag may say more than its option. */
export class FlagForm {
  readonly element: HTMLFormElement
  readonly #comment: HTMLTextAreaElement | undefined
  readonly #correction: CorrectionField | undefined
  readonly #problem: HTMLElement
  readonly #labels: FlagButtonLabels

  constructor(description: Description, labels: FlagButtonLabels, events: FlagFormEvents) {
    this.#labels = labels
    this.#problem = make('p', { part: 'problem', role: 'alert' })
    this.element = make('form', { part: 'form', hidden: true })
    if (description.comment) {
      this.#comment = make('textarea', { part: 'comment', rows: 2 })
      this.element.append(make('label', {}, labels.comment, this.#comment))
    }
    if (description.correction) {
      this.#correction = correctionField(description.components)
      this.element.append(make('label', {}, labels.correction, this.#correction.element))
    }
    const cancel = make('button', { part: 'button cancel', type: 'button' }, labels.cancel)
    cancel.addEventListener('click', events.cancel)
    const send = make('button', { part: 'button send', type: 'submit' }, labels.send)
    this.element.append(this.#problem, make('div', { part: 'actions' }, send, cancel))
    this.element.addEventListener('submit', (event) => {
      event.preventDefault()
      const words = this.#words()
      if (words) events.send(words)
    })
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') events.cancel()
    })
  }

  open(): void {
    this.#problem.textContent = ''
    this.element.hidden = false
    this.element.querySelector<HTMLElement>('textarea, input, select')?.focus()
  }

  close(): void {
    this.element.hidden = true
  }

  #words(): FlagWords | undefined {
    const comment = this.#comment?.value.trim() ?? ''
    try {
      const correction = this.#correction?.value()
      return {
        ...(comment !== '' && { comment }),
        ...(correction !== undefined && { correction }),
      }
    } catch {
      this.#problem.textContent = this.#labels.notJSON
      return undefined
    }
  }
}
