/** The few things that are not made from the ledger and therefore not dropped with the index. */
export const stateMigrations: readonly string[] = [
  `
  -- The newest head that any process with this database has signed or accepted, per log: a guard against a store set back.
  create table state.guard (
    origin text collate "C" primary key,
    size bigint not null check (size >= 0),
    root bytea not null check (length(root) = 32)
  );
  `,
];
