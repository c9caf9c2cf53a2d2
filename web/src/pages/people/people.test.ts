import { describe, expect, it } from 'vitest'
import type { PostsRow } from '@/api/people'
import { byPlace, kindsIn, standing } from './posts'

const row = (area: string, kind: PostsRow['kind'], more: Partial<PostsRow> = {}): PostsRow => ({
  area,
  name: area,
  level: area.length === 6 ? 'banner' : 'township',
  kind,
  ceiling: null,
  posts: 0,
  own: 0,
  on_books: 0,
  on_post: 0,
  vacant: 0,
  ...more,
})

describe('the table of posts', () => {
  const rows = [
    row('150821101', 'full_time', { posts: 3, ceiling: 3 }),
    row('150821100', 'full_time', { posts: 4, ceiling: 3 }),
    row('150821', 'full_time', { ceiling: 9 }),
    row('150821', 'lead'),
  ]

  it('has the banner first and its townships in order', () => {
    expect(byPlace(rows, '150821').map((place) => place.code)).toEqual(['150821', '150821100', '150821101'])
    expect(byPlace(rows, '150821')[0]?.kinds.lead?.kind).toBe('lead')
  })

  it('leaves out kinds that nobody has', () => {
    expect(kindsIn(rows)).toEqual(['full_time'])
  })

  it('tells what is full and what is over', () => {
    expect(rows.map(standing)).toEqual(['full', 'over', 'room', 'room'])
  })
})
