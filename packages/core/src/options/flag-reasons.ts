import { badOption } from './bad-option.ts'
import type { FlaggingOption, FlaggingOptions } from './flagging-options.ts'

/**
 * The reasons to flag, as labels and values (Gradio's `flagging_options`).
 * @throws FlaggingError `ERR_FLAGGING_OPTION` for empty, mixed or non-string lists and duplicates
 */
export function resolveReasons(given: FlaggingOptions['options']): readonly FlaggingOption[] {
  if (given === undefined) return [{ label: 'Flag', value: null }]
  const wrong = () =>
    badOption(
      '`options` must be a list of strings, of [label, value] pairs, or of { label, value }.',
    )
  if (!Array.isArray(given) || given.length === 0) throw wrong()
  const shape = shapeOf(given[0])
  const options = (given as readonly unknown[]).map((option): FlaggingOption => {
    if (shape === undefined || shapeOf(option) !== shape) throw wrong()
    if (typeof option === 'string') return { label: `Flag as ${option}`, value: option }
    const [label, value] = Array.isArray(option)
      ? (option as [string, string])
      : [(option as FlaggingOption).label, (option as FlaggingOption).value]
    return { label, value }
  })
  const values = options.map((option) => option.value)
  const twice = values.find((value, index) => values.indexOf(value) !== index)
  if (twice !== undefined) throw badOption(`\`options\` has the value '${twice}' more than once.`)
  return options
}

function shapeOf(option: unknown): 'string' | 'pair' | 'object' | undefined {
  if (typeof option === 'string') return 'string'
  const isText = (value: unknown) => typeof value === 'string'
  if (Array.isArray(option)) return option.length === 2 && option.every(isText) ? 'pair' : undefined
  const { label, value } = (option ?? {}) as { label?: unknown; value?: unknown }
  return isText(label) && isText(value) ? 'object' : undefined
}
