import { readFileSync } from 'node:fs'
import { Hono } from 'hono'
import sharp from 'sharp'

const file = (name: string) => readFileSync(new URL(name, import.meta.url))

/** The page of the demo, and a picture to try it with. */
export const page = new Hono()

page.get('/', (c) => c.html(file('page.html').toString()))

page.get('/page.css', (c) =>
  c.body(file('page.css').toString(), 200, { 'Content-Type': 'text/css' }),
)

page.get('/page.js', (c) =>
  c.body(file('page.js').toString(), 200, { 'Content-Type': 'text/javascript' }),
)

page.get('/picture.png', async (c) => {
  const picture = await sharp(file('picture.svg')).png().toBuffer()
  return c.body(Uint8Array.from(picture), 200, { 'Content-Type': 'image/png' })
})
