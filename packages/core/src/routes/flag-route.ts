import { createId } from '../capture/create-id.ts'
import { redactRules } from '../capture/redact-rules.ts'
import { FlaggingError } from '../errors.ts'
import { flagByHand } from '../hall/flag-by-hand.ts'
import { type CheckedFlag, checkFlagRequest } from '../hall/flag-request.ts'
import type { Hall } from '../hall/hall.ts'
import type { FlagRequest } from '../options/flagging-options.ts'
import type { Declared } from '../options/declared.ts'
import type { Body } from '../sample/body.ts'
import type { Interaction } from '../sample/interaction.ts'
import { recordOf } from '../sample/slot.ts'
import { redactedSlots } from '../sample/sampler.ts'
import { json } from './answers.ts'
import { holdsData, postedKey, postedSlots, textOf } from './posted-sample.ts'
import { type ReadBody, readBody } from './read-body.ts'
import type { RouteAnswer, RouteRequest } from './route-request.ts'

/** Bytes of a flag that only names an interaction. */
const FLAG_BYTES = 1024 * 1024
const LONGEST_ID = 128

/** `POST {path}`: flags an interaction by its id, or with `acceptData` a sample that is posted. */
export async function postFlag(hall: Hall, request: RouteRequest): Promise<RouteAnswer> {
  const { settings } = hall
  hall.checkOpen()
  if (settings.mode === 'auto') {
    throw new FlaggingError(
      'ERR_FLAGGING_MODE_AUTO',
      "In mode 'auto' every submission is logged by itself: there is nothing to flag.",
    )
  }
  const { acceptData, limits } = settings
  const maxBytes = acceptData ? Math.min(limits.bodyBytes, limits.interactionBytes) : FLAG_BYTES
  const context = { recorder: hall.recorder, decoder: hall.decoder, limits }
  const read = await readBody(request, context, maxBytes, acceptData)
  const { body } = read
  try {
    const username = await hall.username(request.target)
    const isForm = /^multipart\//i.test(request.header('content-type') ?? '')
    const flag = flagOf(body, username)
    const { count, fresh } =
      acceptData && holdsData(body, isForm)
        ? await postSample(hall, read, isForm, flag)
        : await flagByHand(hall, idOf(body), flag, body.fields?.get('correction')?.json)
    return json(fresh ? 201 : 200, { count })
  } finally {
    try {
      read.release()
    } catch (error) {
      hall.report(error)
      read.release()
    }
  }
}

function flagOf(body: Body, username: string | null): FlagRequest {
  return {
    option: (textOf(body, 'option') ?? null) as string | null,
    comment: (textOf(body, 'comment') ?? null) as string | null,
    correction: (textOf(body, 'correction') ?? null) as NonNullable<FlagRequest['correction']>,
    username,
  }
}

function idOf(body: Body): string {
  const id = textOf(body, 'id')
  if (typeof id === 'string' && id !== '' && id.length <= LONGEST_ID) return id
  throw new FlaggingError(
    'ERR_FLAGGING_BAD_REQUEST',
    'Send `{ "id": "..." }` with the Flagging-Id of the response to flag.',
  )
}

async function postSample(
  hall: Hall,
  { body, bytes, retain, release }: ReadBody,
  isForm: boolean,
  given: FlagRequest,
): Promise<{ count: number; fresh: boolean }> {
  const { settings } = hall
  const declared = settings.declared as Declared
  const flag = checkFlagRequest(given, settings, body.fields?.get('correction')?.json)
  const rules = redactRules(settings.redact, declared.all)
  const slots = postedSlots(body, isForm, declared, rules, settings.limits.fileBytes)
  const id = textOf(body, 'id') === undefined ? undefined : idOf(body)
  const key = id === undefined ? undefined : await postedKey(id, flag, slots)
  return hall.book.oncePosted(key, () => {
    // The callback may read its files for longer than anybody waits.
    retain()
    const stored = hall.counted(bytes, () => {
      const interaction = postedInteraction(id ?? createId(), declared, slots)
      const sampled = { components: declared.all, slots, interaction: () => interaction }
      const safe =
        typeof settings.redact === 'function' ? redactedSlots(sampled, settings.redact) : slots
      return store(hall, declared, safe, interaction, flag, key)
    })
    return stored.finally(release)
  })
}

async function store(
  hall: Hall,
  declared: Declared,
  slots: Parameters<Hall['outlet']['put']>[2],
  interaction: Interaction,
  flag: CheckedFlag,
  once: string | undefined,
): Promise<number> {
  await hall.outlet.checkDisk()
  const dataset = hall.datasets.root
  return hall.outlet.put(dataset, declared.all, slots, interaction, flag, flag.username, once)
}

/** A posted sample has no exchange behind it: its endpoint is empty and its status 0. */
function postedInteraction(
  id: string,
  { inputs, outputs }: Declared,
  slots: Parameters<Hall['outlet']['put']>[2],
): Interaction {
  const entries = (from: number, components: Declared['all']) =>
    components.map(({ label }, index) => [label, slots[from + index] ?? { value: null }] as const)
  return {
    id,
    endpoint: '',
    method: 'POST',
    path: '',
    status: 0,
    startedAt: new Date(),
    duration: 0,
    ended: 'complete',
    truncated: false,
    params: {},
    query: {},
    body: null,
    output: null,
    inputs: recordOf(entries(0, inputs)),
    outputs: recordOf(entries(inputs.length, outputs)),
  }
}
