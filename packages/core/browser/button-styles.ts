import { styleSheet } from './style-sheet.ts'

/** How the buttons look: of the page's own colour and font, in light and in dark. */
const CSS = `
:host { display: inline-block; font: inherit; font-family: var(--flag-button-font, inherit) }
:host([hidden]) { display: none }
[hidden] { display: none !important }
[part~='group'], [part~='actions'] { display: flex; flex-wrap: wrap; gap: var(--flag-button-gap, 0.5em) }
[part~='button'] {
  min-block-size: 2.25em; padding: 0.25em 0.9em; font: inherit; cursor: pointer;
  color: var(--flag-button-color, inherit); background: var(--flag-button-background, transparent);
  border: 1px solid var(--flag-button-border, color-mix(in srgb, currentColor 45%, transparent));
  border-radius: var(--flag-button-radius, 0.4em); transition: background-color 0.15s;
}
[part~='button']:hover:not([aria-disabled='true'], [aria-pressed='true']) {
  background: var(--flag-button-hover, color-mix(in srgb, currentColor 10%, transparent))
}
[part~='button']:focus-visible, textarea:focus-visible, input:focus-visible, select:focus-visible {
  outline: 2px solid var(--flag-button-accent, Highlight); outline-offset: 2px
}
[part~='button'][aria-disabled='true'] { cursor: default; opacity: 0.55 }
:host([state='saving']) [part~='group'] { cursor: progress }
[part~='option'][aria-pressed='true'] {
  color: var(--flag-button-pressed-color, Canvas); background: var(--flag-button-accent, CanvasText);
  border-color: transparent
}
[part~='form'] { display: grid; gap: 0.6em; margin-block-start: 0.6em; max-inline-size: 28em }
label { display: grid; gap: 0.25em }
textarea, input, select {
  font: inherit; color: inherit; background: transparent; padding: 0.35em 0.5em;
  border: 1px solid color-mix(in srgb, currentColor 45%, transparent);
  border-radius: var(--flag-button-radius, 0.4em)
}
option { color: CanvasText; background: Canvas }
p { margin: 0 }
[part~='status']:not(:empty) { margin-block: 0.4em 0 }
[part~='problem']:not(:empty) { color: var(--flag-button-error, inherit) }
:host([state='error']) [part~='status'] { color: var(--flag-button-error, inherit) }
[part~='retry'], [part~='undo'] { margin-block-start: 0.4em }
@media (prefers-reduced-motion: reduce) { [part~='button'] { transition: none } }
@media (prefers-contrast: more) { [part~='button'], textarea, input, select { border-color: currentColor } }
@media (forced-colors: active) {
  [part~='option'][aria-pressed='true'] { forced-color-adjust: none; color: HighlightText; background: Highlight }
}
`

/** The style sheet of all buttons. */
export const buttonStyles: () => CSSStyleSheet = styleSheet(CSS)
