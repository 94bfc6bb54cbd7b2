import { styleSheet } from './style-sheet.ts'

/** How examples look: of the page's own colour and font, in light and in dark. */
const CSS = `
:host { display: block; font: inherit }
:host([hidden]) { display: none }
[part~='table'] { border-collapse: collapse; inline-size: 100% }
th, td { padding: 0.4em 0.7em; text-align: start; vertical-align: middle }
th { font-weight: 600; font-size: 0.9em }
thead th, tbody tr { border-block-end: 1px solid var(--flag-examples-line, color-mix(in srgb, currentColor 20%, transparent)) }
tbody tr { cursor: pointer }
tbody tr:hover, [part~='thumbnails'] [part~='choose']:hover { background: var(--flag-examples-hover, color-mix(in srgb, currentColor 8%, transparent)) }
[part~='choose'] {
  display: inline-flex; gap: 0.5em; align-items: center; padding: 0; margin: 0; border: 0; cursor: pointer;
  font: inherit; color: inherit; background: none; text-align: start; min-block-size: 1.5em; min-inline-size: 1.5em
}
[part~='choose']:focus-visible, [part~='button']:focus-visible {
  outline: 2px solid var(--flag-examples-accent, Highlight); outline-offset: 2px
}
[part~='thumbnails'] { display: flex; flex-wrap: wrap; gap: 0.6em; margin: 0; padding: 0; list-style: none }
[part~='thumbnails'] [part~='choose'] { border-radius: 0.4em; overflow: hidden; border: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
[part~='image'], [part~='video'] { block-size: var(--flag-examples-size, 4.5em); inline-size: auto; max-inline-size: 10em; object-fit: cover; display: block }
[part~='files'] { display: inline-flex; gap: 0.3em; flex-wrap: wrap }
[part~='text'] { overflow-wrap: anywhere }
[part~='pages'] { display: flex; gap: 0.5em; margin-block-start: 0.6em }
[part~='button'] {
  min-block-size: 2em; padding: 0.2em 0.8em; font: inherit; color: inherit; background: transparent; cursor: pointer;
  border: 1px solid color-mix(in srgb, currentColor 45%, transparent); border-radius: 0.4em
}
[part~='button']:disabled { opacity: 0.5; cursor: default }
p { margin: 0 }
@media (prefers-contrast: more) { thead th, tbody tr, [part~='button'] { border-color: currentColor } }
`

/** The style sheet of all galleries. */
export const exampleStyles: () => CSSStyleSheet = styleSheet(CSS)
