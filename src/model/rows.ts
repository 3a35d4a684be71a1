/**
 * Tables with one row per key and named columns. Each column gives one object: `column(STORY,
 * 'stored')` has the entries of a schema. Each key is therefore defined once, in one row, for all
 * purposes.
 */

/** The values of one column by key. Rows without this column are left out. */
export type Column<Rows, Name extends string> = {
  [K in keyof Rows as Rows[K] extends Record<Name, unknown> ? K : never]: Rows[K] extends Record<
    Name,
    infer Value
  >
    ? Value
    : never
}

/** Reads one column of a table, in the order of its rows. */
export function column<const Rows extends Record<string, object>, const Name extends string>(
  rows: Rows,
  name: Name,
): Column<Rows, Name> {
  const cells = Object.entries(rows).flatMap(([key, row]) =>
    name in row ? [[key, Reflect.get(row, name)]] : [],
  )
  return Object.fromEntries(cells) as Column<Rows, Name>
}
