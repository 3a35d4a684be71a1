/**
 * Tables with one row for each key of a manuscript, and with named columns. `column(STORY,
 * 'stored')` returns an object with each key and the cell of its row in this column, here the
 * entries of a schema. So each key is defined once, in one row, for all purposes.
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
