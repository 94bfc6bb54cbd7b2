import type { DescribedComponent } from './flag-routes.ts'
import { make } from './make.ts'

/** The field of a correction. */
export interface CorrectionField {
  readonly element: HTMLElement
  /**
   * What it holds; `undefined` where it was left empty.
   * @throws SyntaxError where it should be JSON and is none
   */
  value(): unknown
}

/** A field for what the output should have been: as its component is, where there is only one. */
export function correctionField(components: readonly DescribedComponent[]): CorrectionField {
  const outputs = components.filter(({ role }) => role === 'output')
  const type = outputs.length === 1 ? outputs[0]?.type : 'text'
  if (type === 'number') return numberField()
  if (type === 'checkbox') return choiceField()
  const area = make('textarea', { part: 'correction', rows: 2 })
  const read = type === 'json' ? (text: string) => JSON.parse(text) as unknown : String
  return {
    element: area,
    value: () => (area.value.trim() === '' ? undefined : read(area.value)),
  }
}

function numberField(): CorrectionField {
  const input = make('input', { part: 'correction', type: 'number', step: 'any' })
  return {
    element: input,
    value: () => (Number.isNaN(input.valueAsNumber) ? undefined : input.valueAsNumber),
  }
}

/** A checkbox cannot be left empty. */
function choiceField(): CorrectionField {
  const select = make('select', { part: 'correction' })
  for (const value of ['', 'true', 'false']) select.append(make('option', { value }, value))
  return {
    element: select,
    value: () => (select.value === '' ? undefined : select.value === 'true'),
  }
}
