import type { Names } from './names.ts'

/**
 * The tables of version 1. No row points at another by a foreign key: datasets are never deleted, and
 * a key would cost each sample a look at its dataset.
 */
export function schema1({ schema }: Names): string {
  return [datasets, samples, indexes, changes, calls, imports].map((part) => part(schema)).join('')
}

function datasets(schema: string): string {
  return `
create table ${schema}.settings (
  name text primary key,
  value text not null
);
comment on table ${schema}.settings is 'What the first migration has decided for good.';

create table ${schema}.datasets (
  id integer generated always as identity primary key,
  folder text not null unique,
  components jsonb not null,
  samples bigint not null default 0,
  view text unique,
  viewed integer not null default 0,
  created_at timestamptz not null default now()
) with (fillfactor = 50);
comment on table ${schema}.datasets is
  'One row per endpoint. samples: how many there are. components: every column that samples have had.';
`
}

function samples(schema: string): string {
  return `
create sequence ${schema}.samples_seq;

create table ${schema}.samples (
  id uuid not null,
  at timestamptz not null,
  dataset integer not null,
  seq bigint not null default nextval('${schema.replaceAll("'", "''")}.samples_seq'),
  tx xid8 not null default pg_current_xact_id(),
  endpoint text,
  method text,
  interaction text,
  status integer,
  duration double precision,
  ended text,
  truncated boolean,
  by_hand boolean,
  option text,
  username text,
  comment text,
  correction jsonb,
  inputs jsonb not null,
  outputs jsonb not null,
  files jsonb,
  exact jsonb,
  stored_at timestamptz not null default now(),
  reviewed boolean not null default false,
  note text,
  reviewed_by text,
  reviewed_at timestamptz,
  primary key (id, at)
) partition by range (at);
comment on column ${schema}.samples.at is 'When the request came in.';
comment on column ${schema}.samples.tx is 'The transaction that has stored it: what others could not see yet when they looked.';
comment on column ${schema}.samples.duration is 'Milliseconds.';
comment on column ${schema}.samples.inputs is 'By key of the component, see datasets.components. A file is the key of its object.';
comment on column ${schema}.samples.files is 'By key of the component: {key, name, type, size, sha256, spilled} of each file.';
comment on column ${schema}.samples.exact is 'JSON texts of what jsonb and text cannot hold as it was.';

create table ${schema}.samples_default partition of ${schema}.samples default;
`
}

function indexes(schema: string): string {
  return `
create index samples_at on ${schema}.samples (at, id) include (dataset, option, username, reviewed);
create index samples_dataset on ${schema}.samples (dataset, at, id);
create index samples_option on ${schema}.samples (option, at, id);
create index samples_username on ${schema}.samples (username, at, id);
create index samples_duration on ${schema}.samples (duration, at, id);
create index samples_seq_order on ${schema}.samples (seq);
create index samples_tx on ${schema}.samples (tx);
create index samples_interaction on ${schema}.samples (interaction);
create index samples_reviewed on ${schema}.samples (at, id) where reviewed;
create index samples_noted on ${schema}.samples (at, id) where note is not null;
`
}

/**
 * What samples were before they were deleted or marked, whoever did so and by whatever means: those who
 * have counted samples need not count them again.
 */
function changes(schema: string): string {
  const columns = 'row_tx, id, at, dataset, option, user_hash, was_reviewed, was_noted'
  const before = `old.tx, old.id, old.at, old.dataset, old.option,
    substr(sha256(convert_to(old.username, 'UTF8')), 1, 16), old.reviewed, old.note is not null`
  return `
create table ${schema}.changes (
  tx xid8 not null default pg_current_xact_id(),
  changed_at timestamptz not null default now(),
  row_tx xid8 not null,
  id uuid not null,
  at timestamptz not null,
  dataset integer not null,
  option text,
  user_hash bytea,
  was_reviewed boolean not null,
  was_noted boolean not null,
  is_reviewed boolean,
  is_noted boolean
);
create index changes_tx on ${schema}.changes (tx);
create index changes_at on ${schema}.changes (changed_at);
comment on table ${schema}.changes is
  'Samples that were deleted, then is_reviewed is null, or marked; kept for two days. No name is.';

create function ${schema}.note_change() returns trigger language plpgsql as $flagging$
begin
  if tg_op = 'DELETE' then
    insert into ${schema}.changes (${columns}) values (${before});
  else
    insert into ${schema}.changes (${columns}, is_reviewed, is_noted)
      values (${before}, new.reviewed, new.note is not null);
  end if;
  delete from ${schema}.changes where ctid = any (array(
    select ctid from ${schema}.changes where changed_at < now() - interval '2 days'
    limit 100 for update skip locked
  ));
  return null;
end $flagging$;

create trigger sample_marked after update of reviewed, note on ${schema}.samples for each row
  when (old.reviewed <> new.reviewed or (old.note is null) <> (new.note is null))
  execute function ${schema}.note_change();
create trigger sample_deleted after delete on ${schema}.samples for each row
  when (current_setting('flagging.moves', true) is distinct from 'on')
  execute function ${schema}.note_change();
`
}

/** json, not jsonb: what is passed on must arrive as it was. */
function calls(schema: string): string {
  return `
create unlogged table ${schema}.calls (
  id uuid primary key,
  interaction text not null,
  request json not null,
  asked_at timestamptz not null default now(),
  claimed_at timestamptz,
  answer json
);
create index calls_asked on ${schema}.calls (asked_at);
comment on table ${schema}.calls is 'Flags on their way to the instance that holds the interaction.';
`
}

function imports(schema: string): string {
  return `
create table ${schema}.imports (
  source text not null,
  log text not null,
  at timestamptz not null,
  start bigint,
  last uuid,
  samples bigint not null default 0,
  primary key (source, log)
);
comment on table ${schema}.imports is 'How far the logs of directories have been imported.';
comment on column ${schema}.imports.at is 'The time of samples whose log names none.';
comment on column ${schema}.imports.start is 'Where the last row starts that is stored; last is its id.';
`
}
