import type { Component } from '@flagging/core'
import { storableText } from './storable-text.ts'
import { type StoredComponent, componentOf } from './stored-row.ts'

const LONGEST_KEY = 200

/**
 * What tells the components of a dataset from each other; the same for a stored one as for itself.
 * Those that are inferred are numbered in the order in which a process has seen fields of one name:
 * only where their values come from says which is which.
 */
export function identityOf(given: Component | StoredComponent): string {
  const { label, type, role, from } = 'key' in given ? componentOf(given) : given
  const source = type === 'any' && typeof from !== 'function' ? from : undefined
  return JSON.stringify([roleOf(role), type, label, source])
}

/** A component as a dataset keeps it, beside those that it has. */
export function storedComponent(
  { label, type, role, from }: Component,
  others: readonly StoredComponent[],
): StoredComponent {
  // A function cannot be stored; whoever reads needs none.
  const source = typeof from === 'function' ? undefined : from
  const said = JSON.stringify({ label, from: source })
  const held = storableText(said)
  const isHeld =
    held === said && storableText(label) === label && !/\\u(?:0000|d[89a-f])/i.test(said)
  const [near, name] = isHeld ? [source, label] : [undefined, storableText(label)]
  return {
    key: freeKey(name, others),
    label: name,
    type,
    role: roleOf(role),
    ...(near !== undefined && { from: near }),
    ...(!isHeld && { exact: said }),
  }
}

function roleOf(role: Component['role']): 'input' | 'output' {
  return role ?? 'input'
}

function freeKey(label: string, others: readonly StoredComponent[]): string {
  const base = label.slice(0, LONGEST_KEY).replace(/[\ud800-\udbff]$/, '')
  const taken = new Set(others.map(({ key }) => key))
  let key = base
  for (let count = 2; taken.has(key); count++) key = `${base} ${count}`
  return key
}

/** The components of a dataset as those go on with that infer them: inputs first, each label once. */
export function knownComponents(stored: readonly StoredComponent[]): readonly Component[] {
  // Of the same label, the one without a type: only where none is declared are they inferred.
  const all = stored.map(componentOf)
  const sorted = all.toSorted((a, b) => Number(a.type !== 'any') - Number(b.type !== 'any'))
  const byLabel = new Map<string, Component>()
  for (const one of sorted) if (!byLabel.has(one.label)) byLabel.set(one.label, one)
  const kept = all.filter((one) => byLabel.get(one.label) === one)
  return [
    ...kept.filter(({ role }) => role === 'input'),
    ...kept.filter(({ role }) => role !== 'input'),
  ]
}
