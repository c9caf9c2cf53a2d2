/** A list that is read page by page: from its beginning whenever what it depends on changes, and on at request. */
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { Problem } from '@/api/client'

export interface Pages<T, C> {
  /** Those of the pages that were read; they stay while the list is read anew. */
  items: ShallowRef<T[]>
  /** Where the next page begins; null at the end. */
  next: Ref<C | null>
  loading: Ref<boolean>
  error: ShallowRef<Problem | null>
  reload: () => void
  more: () => void
}

/** `page` gets what `source` says and where to begin; while `source` says null nothing is asked for. */
export function usePages<S, T, C = string>(
  source: () => S | null,
  page: (source: S, after: C | undefined, signal: AbortSignal) => Promise<{ items: T[]; next: C | null }>,
): Pages<T, C> {
  const items = shallowRef<T[]>([])
  const next = shallowRef<C | null>(null)
  const loading = ref(true)
  const error = shallowRef<Problem | null>(null)
  let running: AbortController | null = null

  async function load(after?: C): Promise<void> {
    const asked = source()
    if (asked === null) return
    running?.abort()
    const mine = (running = new AbortController())
    loading.value = true
    error.value = null
    try {
      const answer = await page(asked, after, mine.signal)
      if (mine.signal.aborted) return
      items.value = after === undefined ? answer.items : [...items.value, ...answer.items]
      next.value = answer.next
    } catch (problem) {
      if (mine.signal.aborted) return
      if (!(problem instanceof Problem)) throw problem
      error.value = problem
    } finally {
      if (!mine.signal.aborted) loading.value = false
    }
  }

  watch(
    () => JSON.stringify(source()),
    () => void load(),
    { immediate: true },
  )
  onScopeDispose(() => running?.abort())
  return {
    items,
    next,
    loading,
    error,
    reload: () => void load(),
    more: () => void load(next.value ?? undefined),
  }
}
