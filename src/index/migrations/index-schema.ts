/**
 * What is made from the ledger and nothing else. Times are epoch milliseconds in UTC; text is compared by its bytes, so
 * that every server gives the same order; JSON is kept as written (`json`, not `jsonb`, which refuses U+0000 and loses order).
 */
export const indexMigrations: readonly string[] = [
  `
  -- How far the index has followed: one row, changed together with the rows that the entries gave.
  create table "index".position (
    single boolean primary key default true check (single),
    origin text collate "C" not null,
    size bigint not null check (size >= 0),
    digest text collate "C" not null
  );

  create table "index".entry (
    index bigint primary key,
    kind text collate "C" not null,
    at bigint not null,
    instance text collate "C",
    once text collate "C",
    digest text collate "C" not null,
    body json not null
  );
  create index on "index".entry (kind, index);
  create index on "index".entry (instance, index) where instance is not null;

  create table "index".run (
    entry bigint primary key references "index".entry,
    instance text collate "C" not null,
    use text collate "C" not null,
    trigger text collate "C" not null,
    slot text collate "C",
    at bigint not null,
    started bigint not null,
    ended bigint not null,
    window_from bigint not null,
    window_to bigint not null,
    outcome text collate "C" not null,
    reason text collate "C",
    covered json not null,
    instants json not null,
    requests bigint not null,
    total bigint,
    items bigint not null,
    facts bigint not null,
    problems bigint not null,
    clock_offset bigint
  );
  create index on "index".run (instance, entry);
  create index on "index".run (at);

  -- A capture as an entry names it; one blob may be an item of many entries.
  create table "index".item (
    entry bigint not null references "index".entry,
    ordinal bigint not null,
    instance text collate "C",
    digest text collate "C" not null,
    size bigint not null,
    media_type text collate "C" not null,
    origin text collate "C",
    captured_at bigint,
    modified_at bigint,
    masked bigint not null,
    primary key (entry, ordinal)
  );
  create index on "index".item (digest);

  -- A fact as it was found until it changed. An unchanged fact that is seen again only moves last_entry and sightings.
  create table "index".fact (
    instance text collate "C" not null,
    kind text collate "C" not null,
    id text collate "C" not null,
    revision bigint not null,
    entry bigint not null references "index".entry,
    item bigint not null,
    ordinal bigint not null,
    digest text collate "C" not null,
    last_entry bigint not null,
    sightings bigint not null,
    latest boolean not null,
    title text collate "C",
    severity text collate "C",
    status text collate "C",
    started_at bigint,
    ended_at bigint,
    data json not null,
    primary key (entry, item, ordinal)
  );
  -- By hash: an identity is the source's own text, of any length.
  create index fact_identity on "index".fact (md5(instance || chr(1) || kind || chr(1) || id)) where latest;
  create index on "index".fact (kind, started_at) where latest;

  create table "index".problem (
    entry bigint not null references "index".entry,
    ordinal bigint not null,
    instance text collate "C" not null,
    item text collate "C",
    place text collate "C" not null,
    message text collate "C" not null,
    primary key (entry, ordinal)
  );
  create index on "index".problem (instance, entry);
  `,
  `
  -- By which readers the facts were found: another version may find others in the same bytes.
  alter table "index".position add column readers text collate "C" not null default '';
  `,
];
