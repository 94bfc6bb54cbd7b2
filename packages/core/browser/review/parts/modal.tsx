import type { ComponentChildren, JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

interface ModalProps {
  /** The id of its heading. */
  readonly titled: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}

/** A dialog of the browser's own: it keeps the focus inside, and gives it back. */
export function Modal({ titled, onClose, children }: ModalProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const { current } = dialog
    current?.showModal()
    return () => current?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titled}
      onCancel={(event) => {
        // It is closed by the state of the page alone.
        event.preventDefault()
        onClose()
      }}
    >
      {children}
    </dialog>
  )
}
