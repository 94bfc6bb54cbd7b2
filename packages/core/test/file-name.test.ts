import { describe, expect, test } from 'vitest'
import { contentDisposition } from '../src/routes/content-disposition.ts'
import { mediaTypeOf, servedTypeOf } from '../src/store/file-kind.ts'
import { handedOutName } from '../src/store/file-name.ts'

describe('the name under which a stored file is handed out', () => {
  test('says where it lies', () => {
    expect(handedOutName('im/7.png', 'image/png')).toBe('im-7.png')
    expect(handedOutName('Größe/7-1.JPG', 'image/jpeg')).toBe('Größe-7-1.jpg')
    expect(handedOutName(undefined, 'audio/wav')).toBe('file.wav')
    expect(handedOutName('im/README', 'text/plain')).toBe('im-README.txt')
  })

  test('is no name of something that runs', () => {
    const active = ['html', 'htm', 'svg', 'xml', 'js', 'exe', 'lnk', 'php', 'scr', 'HTML']
    for (const extension of active) {
      const name = handedOutName(`page/0.${extension}`, mediaTypeOf(extension))
      expect(name).toBe(`page-0.${extension.toLowerCase()}.bin`)
    }
    expect(handedOutName('page/0', 'text/html')).toBe('page-0.bin')
    expect(handedOutName('page/0.bin', 'application/octet-stream')).toBe('page-0.bin')
    expect(handedOutName('page/0.html ', 'text/html')).toMatch(/\.bin$/)
  })

  test('is safe on every system, whatever the path', () => {
    const paths = [
      '../../etc/passwd.png',
      '.hidden/.png',
      'con.png',
      'COM¹.tar.png',
      '-rf/7.png',
      'a"b\\c:d*e?f<g>h|i\r\n\0/7.png',
      '\u202egnp.exe/7.png',
      '\ud800/7.png',
      '%2e%2e/7.png',
      `${'ü'.repeat(300)}/7.png`,
      '   /7.png',
      '',
    ]
    for (const path of paths) {
      const name = handedOutName(path, 'image/png')
      expect(name).toMatch(/^[\p{L}\p{M}\p{N}_(][\p{L}\p{M}\p{N} ._()-]*\.png$/u)
      expect(name.length).toBeLessThanOrEqual(105)
      expect(name).not.toMatch(/^(con|com.)\.|\.\.\//i)
      const header = contentDisposition('attachment', name)
      expect(header).toMatch(
        /^attachment; filename="[ !#-[\]-~]+"(; filename\*=UTF-8''[\w.~%-]+)?$/,
      )
    }
  })
})

describe('the type that a stored file is served as', () => {
  test('is one of ours where nothing in it can run, and of bytes elsewhere', () => {
    expect(servedTypeOf('IMAGE/JPG; charset="x"')).toBe('image/jpeg')
    expect(servedTypeOf(mediaTypeOf('jpeg'))).toBe('image/jpeg')
    expect(servedTypeOf(mediaTypeOf('TIFF'))).toBe('image/tiff')
    for (const type of [
      'image/svg+xml',
      'image/png, text/html',
      'image/png\r\nx: y',
      'application/pdf',
      'text/plain',
      'text/xsl',
      mediaTypeOf('htm'),
      mediaTypeOf('constructor'),
      '',
    ]) {
      expect(servedTypeOf(type)).toBe('application/octet-stream')
    }
  })
})
