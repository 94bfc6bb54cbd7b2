import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { FlaggingOptions } from '@flagging/core'
import { image, label, number, text } from '@flagging/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { calculator, classifier, sepiaTone } from './api.ts'
import { type Adapter, route, routesAt, use } from './host.ts'
import { png, sepia } from './png.ts'
import { exists, World } from './world.ts'
import { flag, postForm, postJSON, postParts, send, upload } from './wire.ts'

const CALCULATOR_LOG = 'num1,operation,num2,Output\n5,add,7,12\n6,subtract,1.5,4.5\n'
const IMAGES_LOG = 'im,Output\nim/0.png,Output/0.png\nim/1.png,Output/1.png\n'

const first = { num1: 5, operation: 'add', num2: 7 }
const second = { num1: 6, operation: 'subtract', num2: 1.5 }
const asText = ({ num1, operation, num2 }: typeof first) => ({
  num1: String(num1),
  operation,
  num2: String(num2),
})

const declared: Record<string, FlaggingOptions<object>> = {
  'by name': { inputs: ['num1', 'operation', 'num2'] },
  'with types': {
    inputs: [number('num1'), text('operation'), number('num2')],
    outputs: [number('Output')],
  },
}

const WAYS: Record<string, (sample: typeof first) => readonly [path: string, init: RequestInit]> = {
  JSON: (sample) => ['/calculate', postJSON(sample)],
  'an HTML form': (sample) => ['/calculate', postForm(asText(sample))],
  'a multipart form': (sample) => ['/calculate', postParts(asText(sample))],
  'a query and JSON': ({ num1, ...rest }) => [`/calculate?num1=${num1}`, postJSON(rest)],
}

const UPLOADS: Record<string, (bytes: Buffer) => RequestInit> = {
  'as uploads of a form': (bytes) => postParts({ im: upload(bytes) }),
  'as whole bodies': (bytes) => ({
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: new Uint8Array(bytes),
  }),
}

/** The files of the guide, byte for byte. */
export function guideContract(adapter: Adapter): void {
  describe("the guide's files", () => {
    for (const [how, options] of Object.entries(declared)) {
      for (const [way, sent] of Object.entries(WAYS)) {
        // What types change is how strings of forms are read.
        if (how === 'with types' && way !== 'an HTML form') continue
        test(`a calculator declared ${how} and asked by ${way}, flagged by hand`, async () => {
          const world = await World.make(adapter)
          const server = await world.serve(
            use(world.flagging(options)),
            route('POST /calculate', calculator),
          )
          for (const [index, sample] of [first, second].entries()) {
            const { id } = await send(server, ...sent(sample))
            const flagged = await flag(server, id)
            expect([flagged.status, flagged.json()]).toEqual([201, { count: index + 1 }])
          }
          expect(await world.read()).toBe(CALCULATOR_LOG)
          expect(await world.files()).toEqual(['logs.csv'])
        })
      }

      test(`a calculator declared ${how}, logged by itself`, async () => {
        const world = await World.make(adapter)
        const server = await world.serve(
          use(world.flagging({ ...options, mode: 'auto' })),
          route('POST /calculate', calculator),
        )
        await send(server, '/calculate', postJSON(first))
        await send(server, '/calculate', postForm(asText(second)))
        await world.flush()
        expect(await world.read()).toBe(CALCULATOR_LOG)
      })

      test(`a calculator declared ${how}, whose samples are posted`, async () => {
        const world = await World.make(adapter)
        const server = await world.serve(
          routesAt('/flag', world.flagRoutes({ ...options, acceptData: true })),
        )
        await send(server, '/flag', postJSON({ data: [5, 'add', 7, 12] }))
        await send(server, '/flag', postJSON({ inputs: second, outputs: { Output: 4.5 } }))
        expect(await world.read()).toBe(CALCULATOR_LOG)
      })
    }

    test('the output may be a key of the answer as well as all of it', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(world.flagging({ ...declared['by name'], mode: 'auto' })),
        route('POST /calculate', async (request) => {
          const reply = await calculator(request)
          return { ...reply, body: `{"took":1,"Output":${String(reply.body)}}` }
        }),
      )
      await send(server, '/calculate', postJSON(first))
      await send(server, '/calculate', postJSON(second))
      await world.flush()
      expect(await world.read()).toBe(CALCULATOR_LOG)
    })

    for (const [how, sent] of Object.entries(UPLOADS)) {
      test(`images ${how}, flagged by hand`, async () => {
        const world = await World.make(adapter)
        const server = await world.serve(
          use(world.flagging({ inputs: [image('im')], outputs: [image('Output')] })),
          route('POST /sepia', sepiaTone),
        )
        for (const seed of [1, 2]) {
          const { id } = await send(server, '/sepia', sent(png(seed)))
          expect((await flag(server, id)).status).toBe(201)
        }
        expect(await world.read()).toBe(IMAGES_LOG)
        await expectImages(world)
      })

      test(`images ${how}, logged by themselves`, async () => {
        const world = await World.make(adapter)
        const server = await world.serve(
          use(world.flagging({ mode: 'auto', inputs: ['im'] })),
          route('POST /sepia', sepiaTone),
        )
        for (const seed of [1, 2]) {
          await send(server, '/sepia', sent(png(seed)))
          await world.flush()
        }
        expect(await world.read()).toBe(IMAGES_LOG)
        await expectImages(world)
      })
    }

    test('images that are posted', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        routesAt('/flag', world.flagRoutes({ inputs: [image('im')], acceptData: true })),
      )
      for (const seed of [1, 2]) {
        const parts = { im: upload(png(seed)), Output: upload(sepia(png(seed))) }
        const posted = await send(server, '/flag', postParts(parts))
        expect([posted.status, posted.json()]).toEqual([201, { count: seed }])
      }
      expect(await world.read()).toBe(IMAGES_LOG)
      await expectImages(world)
    })

    test('the reason why an image was flagged, with a label as JSON', async () => {
      const world = await World.make(adapter)
      const options: FlaggingOptions<object> = {
        inputs: [image('im')],
        outputs: [label('Output')],
        options: ['Incorrect', 'Offensive', 'Other'],
      }
      const answers = [
        { cat: 0.7, dog: 0.3 },
        { cat: 0.2, dog: 0.8 },
      ]
      const server = await world.serve(
        use(world.flagging(options)),
        route('POST /classify', classifier(...answers)),
      )
      for (const [index, option] of ['Incorrect', 'Other'].entries()) {
        const { id } = await send(server, '/classify', postParts({ im: upload(png(index)) }))
        expect((await flag(server, id, { option })).status).toBe(201)
      }
      expect(await world.read()).toBe(
        'im,Output,flag_option\n' +
          'im/0.png,"{""cat"":0.7,""dog"":0.3}",Incorrect\n' +
          'im/1.png,"{""cat"":0.2,""dog"":0.8}",Other\n',
      )
      expect(await world.bytes('im/0.png')).toEqual(png(0))
      expect(await world.bytes('im/1.png')).toEqual(png(1))
      expect(await world.files()).toEqual(['im/0.png', 'im/1.png', 'logs.csv'])
    })

    test('labels and values of its own: the value is stored', async () => {
      const world = await World.make(adapter)
      const server = await world.serve(
        use(
          world.flagging({
            inputs: ['num1', 'operation', 'num2'],
            options: [
              ['Mark as incorrect', 'incorrect'],
              ['Mark as offensive', 'offensive'],
              ['Mark as problematic', 'problematic'],
            ],
          }),
        ),
        route('POST /calculate', calculator),
      )
      const { id } = await send(server, '/calculate', postJSON(first))
      expect((await flag(server, id, { option: 'incorrect' })).status).toBe(201)
      expect(await world.read()).toBe(
        'num1,operation,num2,Output,flag_option\n5,add,7,12,incorrect\n',
      )
    })

    test('my_flagged_data is made with the first sample and not before', async () => {
      const world = await World.make(adapter)
      const dir = join(world.root, 'my_flagged_data')
      const server = await world.serve(
        use(world.flagging({ dir, inputs: ['num1', 'operation', 'num2'] })),
        route('POST /calculate', calculator),
      )
      const { id } = await send(server, '/calculate', postJSON(first))
      await send(server, '/flag')
      await world.flush()
      expect(await exists(dir)).toBe(false)
      expect((await flag(server, id)).status).toBe(201)
      expect(await world.files(dir)).toEqual(['logs.csv'])
    })

    test('without a folder of its own, samples go to ./flagged', async () => {
      const world = await World.make(adapter)
      const before = process.cwd()
      const elsewhere = join(world.root, 'elsewhere')
      await mkdir(elsewhere)
      process.chdir(world.root)
      try {
        // The folder of the moment of the call, wherever the process goes later.
        const mounted = adapter.flagging({ inputs: ['num1', 'operation', 'num2'] })
        onTestFinished(() => mounted.flagging.close())
        process.chdir(elsewhere)
        const server = await world.serve(use(mounted), route('POST /calculate', calculator))
        const { id } = await send(server, '/calculate', postJSON(first))
        expect((await flag(server, id)).status).toBe(201)
      } finally {
        process.chdir(before)
      }
      expect(await world.read()).toBe('num1,operation,num2,Output\n5,add,7,12\n')
    })
  })
}

async function expectImages(world: World): Promise<void> {
  const files = ['Output/0.png', 'Output/1.png', 'im/0.png', 'im/1.png', 'logs.csv']
  expect(await world.files()).toEqual(files)
  for (const n of [0, 1]) {
    expect(await world.bytes(`im/${n}.png`)).toEqual(png(n + 1))
    expect(await world.bytes(`Output/${n}.png`)).toEqual(sepia(png(n + 1)))
  }
}
