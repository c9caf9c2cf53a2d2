/** A value that is asked for again whenever what it depends on changes; the older answer is dropped. */
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { Problem } from '@/api/client'

export interface Async<T> {
  data: ShallowRef<T | null>
  error: ShallowRef<Problem | null>
  loading: Ref<boolean>
  reload: () => void
}

/** `load` gets what `source` says; null means there is nothing to ask for. */
export function useAsync<S, T>(
  source: () => S | null,
  load: (source: S, signal: AbortSignal) => Promise<T>,
  { keep = false }: { keep?: boolean } = {},
): Async<T> {
  const data = shallowRef<T | null>(null)
  const error = shallowRef<Problem | null>(null)
  const loading = ref(false)
  let running: AbortController | null = null

  async function run(value: S | null): Promise<void> {
    running?.abort()
    error.value = null
    if (!keep) data.value = null
    if (value === null) {
      data.value = null
      loading.value = false
      return
    }
    const mine = (running = new AbortController())
    loading.value = true
    try {
      const answer = await load(value, mine.signal)
      if (mine.signal.aborted) return
      data.value = answer
    } catch (problem) {
      if (mine.signal.aborted) return
      if (!(problem instanceof Problem)) throw problem
      error.value = problem
      data.value = null
    } finally {
      if (!mine.signal.aborted) loading.value = false
    }
  }

  watch(
    source,
    (value, old) => {
      if (JSON.stringify(value) !== JSON.stringify(old) || old === undefined) void run(value)
    },
    { immediate: true },
  )
  onScopeDispose(() => running?.abort())
  return { data, error, loading, reload: () => void run(source()) }
}
