import { isPassive, passiveExtensionOf } from './file-kind.ts'

const MAX_CHARACTERS = 100

/** All but letters, digits and a few signs that no shell, header or file system takes for its own. */
const UNSAFE = /[^\p{L}\p{M}\p{N} ._()-]|\p{Default_Ignorable_Code_Point}/gu
/** Not hidden, not an option, no blank that some system drops. */
const EDGES = /^[ .-]+|[ .]+$/g
const DEVICE = /^(?:con|prn|aux|nul|(?:com|lpt)[\d¹²³]) *(?:\.|$)/i

/**
 * The name under which a stored file is handed out, such as `im-7.png` for `im/7.png`: one that every
 * system takes, at most 100 characters before its extension. What would run when it is opened gets
 * `.bin` behind it.
 * @param path where it lies in its dataset; `undefined` where that is not known
 * @param type its media type, which gives the extension where the path has none
 */
export function handedOutName(path: string | undefined, type: string): string {
  const [, stem = '', extension = ''] = /^(.*?)(?:\.([a-z0-9]{1,16}))?$/is.exec(path ?? '') ?? []
  const name = safeStem(stem) || 'file'
  if (extension === '') return `${name}.${passiveExtensionOf(type)}`
  return isPassive(extension) || extension === 'bin'
    ? `${name}.${extension.toLowerCase()}`
    : `${name}.${extension.toLowerCase()}.bin`
}

function safeStem(stem: string): string {
  const flat = stem.replaceAll('/', '-').replaceAll(UNSAFE, '_')
  // The end tells one file of a folder from the next.
  const short = [...flat].slice(-MAX_CHARACTERS).join('').replaceAll(EDGES, '')
  return DEVICE.test(short) ? `_${short}` : short
}
