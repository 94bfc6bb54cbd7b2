import pg from 'pg'

/** Rows of one statement: more would only keep the server's log of changes long. */
const STEP = 500_000
/** How far apart they are: ten million in three months. */
const SECONDS_APART = 0.8

/** Fills the table with samples of the last months, made by the server itself. */
export async function fillTable(url: string, schema: string, rows: number): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await makePartitions(client, schema, rows)
    for (let from = 0; from < rows; from += STEP) {
      await client.query(
        `insert into ${schema}.samples
          (id, at, dataset, endpoint, method, interaction, status, duration, ended, truncated, by_hand, inputs, outputs)
        select gen_random_uuid(), now() - make_interval(secs => n * $3::double precision), 1, 'chat', 'POST', md5(n::text),
          200, random() * 1000, 'complete', false, false,
          jsonb_build_object('temperature', n % 100, 'prompt', 'the model answers ' || n),
          jsonb_build_object('Output', repeat('some sentences of no great length ', 8))
        from generate_series($1::integer + 1, $2::integer) as n`,
        [from, Math.min(rows, from + STEP), SECONDS_APART],
      )
      process.stderr.write(`\r${(from + STEP).toLocaleString('en')} rows`)
    }
    process.stderr.write('\n')
    await client.query(`vacuum analyze ${schema}.samples`)
  } finally {
    await client.end()
  }
}

/** Tables of the months that are past, as they would have been made at the time. */
async function makePartitions(client: pg.Client, schema: string, rows: number): Promise<void> {
  const now = new Date()
  const months = Math.ceil((rows * SECONDS_APART) / (28 * 86_400))
  for (let ago = 1; ago <= months; ago++) {
    const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago))
    const to = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago + 1))
    const name = `samples_${from.toISOString().slice(0, 7).replace('-', '_')}`
    await client.query(
      `create table if not exists ${schema}.${name} partition of ${schema}.samples
        for values from ('${from.toISOString()}') to ('${to.toISOString()}')`,
    )
  }
}
