/** How the command is used. */
export const USAGE = `Usage: flagging verify DIR [--json] [--quiet]
       flagging repair DIR [--dry-run] [--json] [--rows] [--exclusive]
       flagging import DIR --to DATABASE [--files PLACE] [--schema NAME] [--source NAME]
                           [--migrate] [--json]
       flagging export DIR --from DATABASE [--files PLACE] [--schema NAME] [--dataset NAME]
                           [--since TIME] [--until TIME] [--json]
       flagging --help | --version

verify reads the logs under DIR and says what is damaged. It writes nothing, and may run beside the
app. repair sets aside, in DIR/.flagging, what is damaged, and throws nothing away.

  --json       one JSON document on stdout, with every problem
  --quiet      print problems only: nothing if all is well
  --dry-run    say what would be done, and do nothing
  --rows       also set rows aside whose cells are too many, too few or unreadable
  --exclusive  where files cannot be locked: says that nothing stores samples in DIR meanwhile

import stores the samples of DIR in PostgreSQL, and export those of PostgreSQL in DIR, with
@flagging/postgres-logger. Whatever ends them, the same command goes on where they stopped.

  --to, --from DATABASE  postgres://user@host/database; or postgres, for the DATABASE_URL or PG*
                         variables of the environment, which keep a password from other users
  --files PLACE          where the files of samples are: a directory, or
                         s3://bucket/prefix?endpoint=URL&region=NAME&path-style
  --schema NAME          of the tables, flagging unless said otherwise
  --migrate              make the tables, or bring them up to date, first
  --source NAME          what DIR is called in the database, where nothing can be written in DIR
  --dataset NAME         only the samples of one endpoint's folder; . for those of none
  --since, --until TIME  only samples from a time on, or before one, such as 2026-05-01

Exit code: 0 all is well, 1 problems were found or left, 2 wrong usage, or DIR cannot be read.
`
