import { type Component, isComponentType } from '../components.ts'
import { OPTIONAL_COLUMNS } from '../log-columns.ts'
import { badOption } from './bad-option.ts'

/** The declared components of one dataset. */
export interface Declared {
  readonly inputs: readonly Component[]
  readonly outputs: readonly Component[]
  /** Inputs, then outputs. */
  readonly all: readonly Component[]
}

type Given = readonly (Component | string)[]

/**
 * The declared components of a dataset, or `undefined` where none are declared.
 * @throws FlaggingError `ERR_FLAGGING_OPTION` for duplicate, reserved or empty labels, for bad types,
 * and for `outputs` without `inputs`
 */
export function resolveComponents(
  inputs: Given | undefined,
  outputs: Given | undefined,
): Declared | undefined {
  if (inputs === undefined) {
    if (outputs === undefined) return undefined
    throw badOption('`outputs` needs `inputs`: declare both, or neither to have them inferred.')
  }
  const inputSide = side(inputs, 'input')
  const outputSide = side(outputs ?? ['Output'], 'output')
  const all = [...inputSide, ...outputSide]
  const reserved: ReadonlySet<string> = new Set(OPTIONAL_COLUMNS)
  const labels = new Set<string>()
  for (const { label } of all) {
    if (labels.has(label)) throw badOption(`The label '${label}' is used twice: rename one.`)
    if (reserved.has(label)) {
      throw badOption(`The label '${label}' is reserved for a column of the log: rename it.`)
    }
    labels.add(label)
  }
  if (labels.size === 0)
    throw badOption('`inputs` and `outputs` are both empty: there is nothing to log.')
  return { inputs: inputSide, outputs: outputSide, all }
}

function side(given: Given, role: 'input' | 'output'): readonly Component[] {
  if (!Array.isArray(given)) throw badOption(`\`${role}s\` must be a list of components or names.`)
  return (given as Given).map((item) => {
    const component = typeof item === 'string' ? { label: item, type: 'any' as const } : item
    if (typeof component?.label !== 'string' || component.label === '') {
      throw badOption(`\`${role}s\` holds something that is neither a name nor a component.`)
    }
    if (!isComponentType(component.type)) {
      throw badOption(
        `The component '${component.label}' has the unknown type '${String(component.type)}'.`,
      )
    }
    return { ...component, role }
  })
}
