/** The table of posts: a line for each place, three kinds beside each other. */
import { POST_KINDS, type PostKind, type PostsRow } from '@/api/people'

export interface PlacePosts {
  code: string
  name: string
  own: boolean
  kinds: Partial<Record<PostKind, PostsRow>>
}

/** The banner first, its townships in the order of their codes. */
export function byPlace(rows: readonly PostsRow[], banner: string): PlacePosts[] {
  const places = new Map<string, PlacePosts>()
  for (const row of rows) {
    const place = places.get(row.area) ?? {
      code: row.area,
      name: row.name,
      own: row.area === banner,
      kinds: {},
    }
    place.kinds[row.kind] = row
    places.set(row.area, place)
  }
  return [...places.values()].sort((a, b) => Number(b.own) - Number(a.own) || a.code.localeCompare(b.code))
}

/** The kinds that anybody has a ceiling, a post or a person of. */
export const kindsIn = (rows: readonly PostsRow[]): PostKind[] =>
  POST_KINDS.filter((kind) =>
    rows.some((row) => row.kind === kind && (row.ceiling !== null || row.posts > 0 || row.on_books > 0)),
  )

export type Standing = 'over' | 'full' | 'room'
export function standing({ ceiling, posts }: PostsRow): Standing {
  if (ceiling === null || posts < ceiling) return 'room'
  return posts > ceiling ? 'over' : 'full'
}
