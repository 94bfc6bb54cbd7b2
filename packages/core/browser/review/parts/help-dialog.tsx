import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { areKeysOn, turnKeys } from '../keys.ts'
import { useReview } from '../review.ts'
import { TEXTS } from '../texts.ts'
import { Modal } from './modal.tsx'

/** What the keys do, and a way to turn them off. */
export function HelpDialog({ isOpen }: { readonly isOpen: boolean }): JSX.Element | null {
  return isOpen ? <Help /> : null
}

function Help(): JSX.Element {
  const review = useReview()
  const [isOn, turn] = useState(areKeysOn())
  const close = () => review.store.set({ isHelping: false })
  return (
    <Modal titled="help-title" onClose={close}>
      <h2 id="help-title">{TEXTS.help}</h2>
      <table>
        <thead class="unseen-text">
          <tr>
            <th scope="col">{TEXTS.key}</th>
            <th scope="col">{TEXTS.what}</th>
          </tr>
        </thead>
        <tbody>
          {TEXTS.shortcuts.map(([key, other, what]) => (
            <tr key={key}>
              <td>
                <kbd>{key}</kbd> {other !== '' && <kbd>{other}</kbd>}
              </td>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label class="switch">
        <input
          type="checkbox"
          checked={isOn}
          onChange={({ currentTarget: { checked } }) => {
            turnKeys(checked)
            turn(checked)
          }}
        />
        {TEXTS.shortcutsOn}
      </label>
      <div class="actions">
        <button type="button" onClick={close}>
          {TEXTS.close}
        </button>
      </div>
    </Modal>
  )
}
