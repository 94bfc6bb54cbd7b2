import { filesOf } from './example-file.ts'

/**
 * Fills the fields of a form that are named like inputs, files included, and tells each of it with an
 * `input` and a `change` event. Fields and inputs that have no counterpart stay as they are.
 */
export async function fillForm(
  form: HTMLFormElement,
  inputs: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const [name, value] of Object.entries(inputs)) {
    for (const field of form.elements) {
      if (isField(field) && field.name === name) await fill(field, value)
    }
  }
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

function isField(element: Element): element is Field {
  return (
    element instanceof HTMLInputElement ||
    element instanceof HTMLTextAreaElement ||
    element instanceof HTMLSelectElement
  )
}

async function fill(field: Field, value: unknown): Promise<void> {
  const text = typeof value === 'string' ? value : value == null ? '' : JSON.stringify(value)
  if (field.type === 'file') {
    const chosen = new DataTransfer()
    for (const file of filesOf(value)) chosen.items.add(await file.fetch())
    ;(field as HTMLInputElement).files = chosen.files
  } else if (field.type === 'checkbox') {
    ;(field as HTMLInputElement).checked = value === true || text === field.value
  } else if (field.type === 'radio') {
    ;(field as HTMLInputElement).checked = text === field.value
  } else field.value = text
  for (const name of ['input', 'change']) field.dispatchEvent(new Event(name, { bubbles: true }))
}
