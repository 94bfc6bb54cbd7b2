import type { JSX } from 'preact'
import { DOWNLOADS, MOST_NAMED } from '../review-api.ts'
import { useReview } from '../review.ts'
import { TEXTS } from '../texts.ts'
import { type View, filterQuery } from '../view.ts'

interface DownloadMenuProps {
  readonly view: View
  /** Of the samples that are selected; none: all that the filter finds. */
  readonly keys: readonly string[]
}

/** Links to download samples in several forms. */
export function DownloadMenu({ view, keys }: DownloadMenuProps): JSX.Element {
  const { api } = useReview()
  const query =
    keys.length > 0 ? new URLSearchParams(keys.map((key) => ['key', key])) : filterQuery(view)
  return (
    <details class="menu">
      <summary>{TEXTS.download}</summary>
      <div class="menu-items">
        {keys.length > MOST_NAMED ? (
          <p>{TEXTS.tooManyNamed(MOST_NAMED)}</p>
        ) : (
          <>
            <p>{keys.length > 0 ? TEXTS.downloadChosen(keys.length) : TEXTS.downloadAll}</p>
            <ul>
              {DOWNLOADS.map((file) => (
                <li key={file}>
                  <a href={api.downloadAddress(file, query)} download="">
                    {TEXTS.downloads[file]}
                  </a>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </details>
  )
}
