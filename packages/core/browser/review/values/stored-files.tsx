import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { StoredFile } from '../contract.ts'
import { useReview } from '../review.ts'
import { TEXTS } from '../texts.ts'
import { formatSize } from './formats.ts'
import { Line } from './plain-text.tsx'
import { isPicture } from './preview.ts'
import { StoredText } from './stored-text.tsx'

interface StoredFilesProps {
  readonly files: readonly StoredFile[]
  /** The column that they are in. */
  readonly label: string
}

/** The files of a cell: pictures, players, texts, and links to download them. */
export function StoredFiles({ files, label }: StoredFilesProps): JSX.Element {
  return (
    <ul class="files">
      {files.map((file, n) => (
        <li key={n}>
          <OneFile file={file} name={TEXTS.picture(label, n + 1)} />
        </li>
      ))}
    </ul>
  )
}

function OneFile({ file, name }: { readonly file: StoredFile; readonly name: string }) {
  const address = useReview().api.fileAddress(file.url)
  if (address === undefined) return <p class="problem">{TEXTS.strangeAddress}</p>
  return (
    <>
      <Shown file={file} address={address} name={name} />
      <p class="file">
        {file.name !== undefined && <Line text={file.name} />}
        <span>{TEXTS.file(file.type, formatSize(file.size))}</span>
        {file.isInert && (
          <a href={address} target="_blank" rel="noopener noreferrer">
            {TEXTS.open}
          </a>
        )}
        <a href={address} download="">
          {TEXTS.download}
        </a>
      </p>
    </>
  )
}

interface ShownProps {
  readonly file: StoredFile
  readonly address: string
  readonly name: string
}

function Shown({ file, address, name }: ShownProps): JSX.Element | null {
  const [isBroken, breaks] = useState(false)
  const [kind] = file.type.split('/')
  // Read as text and shown as text, it runs nothing whatever it is.
  if (/^(?:text\/plain|application\/json)\b/.test(file.type))
    return <StoredText address={address} />
  if (!file.isInert) return null
  if (isBroken) return <p class="hint">{TEXTS.notShown}</p>
  const onError = () => breaks(true)
  if (isPicture(file)) {
    return <img src={address} alt={name} loading="lazy" decoding="async" onError={onError} />
  }
  if (kind === 'audio') {
    return <audio src={address} controls preload="metadata" aria-label={name} onError={onError} />
  }
  if (kind === 'video') {
    return <video src={address} controls preload="metadata" aria-label={name} onError={onError} />
  }
  return null
}
