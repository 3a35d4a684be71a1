/**
 * The schema of the ledger as a list of migrations. The ledger stores the text of each applied
 * migration, and does not open if the text here differs. To change the schema, append a migration.
 * Never edit an existing one, not even its white space.
 */
import type { Sql, Transaction } from './sql.ts'

export type Migration = { id: number; sql: string }

export const MIGRATIONS: readonly Migration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE article (
        id TEXT PRIMARY KEY,
        state TEXT NOT NULL CHECK (state IN ('embargoed', 'public', 'withdrawn')),
        revision INTEGER NOT NULL,
        digest TEXT NOT NULL,
        code TEXT NOT NULL,
        canonical TEXT,
        published INTEGER NOT NULL,
        updated INTEGER NOT NULL,
        ever_public INTEGER NOT NULL,
        withdrawn_at INTEGER,
        withdrawal_reason TEXT,
        story TEXT NOT NULL,
        html TEXT NOT NULL,
        source TEXT NOT NULL
      );
      CREATE UNIQUE INDEX article_canonical ON article (canonical)
        WHERE canonical IS NOT NULL AND state <> 'withdrawn';
      CREATE INDEX article_embargo ON article (published) WHERE state = 'embargoed';
      CREATE INDEX article_listing ON article (published DESC, id);
      CREATE TABLE code (code TEXT PRIMARY KEY, folded TEXT NOT NULL, article TEXT NOT NULL) WITHOUT ROWID;
      CREATE INDEX code_folded ON code (folded);
      CREATE INDEX code_article ON code (article);
      CREATE TABLE channel (key TEXT PRIMARY KEY, title TEXT NOT NULL, last_position INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE membership (
        channel TEXT NOT NULL,
        position INTEGER NOT NULL,
        article TEXT NOT NULL,
        published INTEGER NOT NULL,
        left_at INTEGER,
        PRIMARY KEY (channel, position)
      ) WITHOUT ROWID;
      CREATE UNIQUE INDEX membership_article ON membership (article, channel) WHERE left_at IS NULL;
      CREATE INDEX membership_newest ON membership (channel, published DESC, article) WHERE left_at IS NULL;
      CREATE TABLE document (
        target TEXT PRIMARY KEY,
        channel TEXT,
        etag TEXT NOT NULL,
        modified INTEGER NOT NULL,
        fingerprint TEXT NOT NULL,
        sent TEXT,
        sent_at INTEGER
      ) WITHOUT ROWID;
      CREATE INDEX document_channel ON document (channel) WHERE channel IS NOT NULL;
      CREATE TABLE outbox (
        target TEXT PRIMARY KEY,
        sequence INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        due INTEGER NOT NULL,
        since INTEGER NOT NULL,
        error TEXT
      ) WITHOUT ROWID;
      CREATE INDEX outbox_due ON outbox (due, sequence);
      CREATE TABLE audit (
        change INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        article TEXT NOT NULL,
        action TEXT NOT NULL,
        revision INTEGER NOT NULL,
        digest TEXT NOT NULL
      );
    `,
  },
  {
    id: 2,
    sql: `
      ALTER TABLE outbox ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
      CREATE INDEX outbox_turn ON outbox (priority, due, sequence);
      DROP INDEX outbox_due;
    `,
  },
  {
    id: 3,
    sql: 'CREATE INDEX membership_left ON membership (article) WHERE left_at IS NOT NULL;',
  },
  {
    id: 4,
    sql: `
      ALTER TABLE article ADD COLUMN corrections TEXT NOT NULL DEFAULT '[]';
      CREATE INDEX article_withdrawn ON article (withdrawn_at) WHERE state = 'withdrawn' AND ever_public = 1;
      ALTER TABLE channel ADD COLUMN members INTEGER NOT NULL DEFAULT 0;
      UPDATE channel SET members =
        (SELECT count(*) FROM membership WHERE membership.channel = channel.key AND left_at IS NULL);
      ALTER TABLE document ADD COLUMN until INTEGER;
      CREATE INDEX document_until ON document (until) WHERE until IS NOT NULL;
      CREATE INDEX audit_article ON audit (article, revision);
      CREATE TABLE edition (
        target TEXT NOT NULL,
        modified INTEGER NOT NULL,
        etag TEXT NOT NULL,
        shown TEXT NOT NULL,
        PRIMARY KEY (target, modified)
      ) WITHOUT ROWID;
    `,
  },
  {
    id: 5,
    sql: `
      CREATE INDEX channel_members ON channel (members DESC, key);
      CREATE TABLE month (
        month TEXT NOT NULL,
        origin TEXT NOT NULL,
        articles INTEGER NOT NULL,
        PRIMARY KEY (month, origin)
      ) WITHOUT ROWID;
      INSERT INTO month (month, origin, articles)
        SELECT month, origin, count(*) FROM (
          SELECT strftime('%Y-%m', published, 'unixepoch') AS month,
            CASE WHEN canonical IS NULL THEN ''
              WHEN instr(canonical, '#') = 0
                AND 5 * length(canonical) - 4 * length(replace(replace(canonical, '&', ''), '''', '')) < 2048
              THEN substr(canonical, 1, 7 + instr(substr(canonical, 9), '/')) END AS origin
          FROM article WHERE state = 'public')
        WHERE origin IS NOT NULL GROUP BY month, origin;
    `,
  },
  {
    id: 6,
    sql: `
      ALTER TABLE article ADD COLUMN withdrawal_legal TEXT;
      CREATE INDEX article_known ON article (id, ever_public, state, canonical, withdrawn_at, withdrawal_legal);
      ALTER TABLE code RENAME TO code_before;
      CREATE TABLE code (
        folded TEXT NOT NULL,
        code TEXT NOT NULL,
        article TEXT,
        url TEXT,
        title TEXT,
        created INTEGER,
        updated INTEGER,
        expires INTEGER,
        removed_at INTEGER,
        removal_legal TEXT,
        revision INTEGER,
        change INTEGER,
        PRIMARY KEY (folded, code),
        CHECK (folded = lower(code)),
        CHECK ((article IS NULL) <> (url IS NULL))
      ) WITHOUT ROWID;
      INSERT INTO code (folded, code, article) SELECT folded, code, article FROM code_before ORDER BY folded, code;
      DROP TABLE code_before;
      CREATE UNIQUE INDEX code_of_article ON code (code, article) WHERE article IS NOT NULL;
      CREATE UNIQUE INDEX code_of_page ON code (code) WHERE url IS NOT NULL;
      CREATE INDEX code_article ON code (article) WHERE article IS NOT NULL;
      CREATE INDEX code_change ON code (change) WHERE change IS NOT NULL;
      CREATE TABLE omission (form TEXT NOT NULL, folded TEXT NOT NULL, PRIMARY KEY (form, folded)) WITHOUT ROWID;
      -- Position by position of codes in their order, so that few pages are in use at a time: a third of the time.
      CREATE TABLE known (folded TEXT PRIMARY KEY) WITHOUT ROWID;
      INSERT OR IGNORE INTO known (folded)
        SELECT folded FROM code CROSS JOIN article ON article.id = code.article AND ever_public = 1
        WHERE length(folded) <= 25;
      INSERT INTO omission (form, folded) SELECT folded, folded FROM known;
      WITH RECURSIVE place (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM place WHERE at < 25)
      INSERT OR IGNORE INTO omission (form, folded)
        SELECT substr(folded, 1, at - 1) || substr(folded, at + 1), folded
        FROM place CROSS JOIN known WHERE at <= length(folded);
      DROP TABLE known;
      CREATE TABLE miss (code TEXT PRIMARY KEY, asked INTEGER NOT NULL, day TEXT NOT NULL) WITHOUT ROWID;
      CREATE INDEX miss_rank ON miss (asked, day, code);
      CREATE INDEX miss_day ON miss (day);
    `,
  },
]

/**
 * Applies the migrations that the ledger lacks. Throws if a migration of the ledger differs from
 * the list or is missing in it, as when an older version opens the ledger of a newer one.
 */
export function migrate(
  sql: Sql,
  transaction: Transaction,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  sql.exec('CREATE TABLE IF NOT EXISTS migration (id INTEGER PRIMARY KEY, sql TEXT NOT NULL)')
  const applied = sql.exec('SELECT id, sql FROM migration ORDER BY id').toArray()
  for (const [index, row] of applied.entries()) {
    const expected = migrations[index]
    if (expected?.id !== row['id'] || expected?.sql !== row['sql']) {
      throw new Error(
        `Cannot open the ledger: migration ${row['id']} is not the one that was applied`,
      )
    }
  }
  for (const migration of migrations.slice(applied.length)) {
    transaction(() => {
      sql.exec(migration.sql)
      sql.exec('INSERT INTO migration (id, sql) VALUES (?, ?)', migration.id, migration.sql)
    })
  }
}

/** Throws if `PRAGMA quick_check` finds damage. Takes 0.15 s for 100 MB. */
export function checkIntegrity(sql: Sql): void {
  const [row] = sql.exec('PRAGMA quick_check(1)').toArray()
  const result = Object.values(row ?? {})[0]
  if (result !== 'ok') throw new Error(`${String(result).replaceAll('\n', ' ')}: SQLITE_CORRUPT`)
}
