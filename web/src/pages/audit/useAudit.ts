/** The filters, held by the address, and the entries that they leave, page by page. */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { Problem, withQuery } from '@/api/client'
import { khot } from '@/api/khot'
import type { AuditEntry } from '@/api/types'
import { parseDay } from '@/url/state'
import { useView } from '@/url/useView'

export interface Filters {
  actor: string
  action: string
  from: string
  to: string
}

export function useAudit() {
  const route = useRoute()
  const router = useRouter()
  const { view } = useView()

  const text = (key: string): string => {
    const value = route.query[key]
    return typeof value === 'string' ? value : ''
  }
  const filters = computed<Filters>(() => ({
    actor: text('actor'),
    action: text('action'),
    from: parseDay(text('since')) ?? '',
    to: parseDay(text('until')) ?? '',
  }))
  /** The area in view, unless it is the whole region: then all that this account may audit. */
  const query = computed(() => ({ area: view.value.area ?? undefined, ...filters.value }))

  function amend(change: Partial<Filters>): void {
    const next = { ...filters.value, ...change }
    const set = { actor: next.actor, action: next.action, since: next.from, until: next.to }
    const kept = { ...route.query }
    for (const [key, value] of Object.entries(set)) {
      if (value) kept[key] = value
      else delete kept[key]
    }
    void router.replace({ query: kept })
  }

  const items = shallowRef<AuditEntry[]>([])
  const more = ref(false)
  const loading = ref(false)
  const error = shallowRef<Problem | null>(null)
  let running: AbortController | null = null

  async function load(after?: number): Promise<void> {
    running?.abort()
    const mine = (running = new AbortController())
    loading.value = true
    error.value = null
    try {
      const page = await khot.audit({ ...query.value, after }, mine.signal)
      if (mine.signal.aborted) return
      items.value = after === undefined ? page.items : [...items.value, ...page.items]
      more.value = page.next !== null
    } catch (problem) {
      if (mine.signal.aborted) return
      if (!(problem instanceof Problem)) throw problem
      error.value = problem
    } finally {
      if (!mine.signal.aborted) loading.value = false
    }
  }
  const older = () => load(items.value.at(-1)?.id)
  watch(
    () => JSON.stringify(query.value),
    () => void load(),
    { immediate: true },
  )
  onScopeDispose(() => running?.abort())

  const exportAs = (format: 'csv' | 'ndjson'): string =>
    withQuery('/api/v1/audit/export', { ...query.value, format })

  return { filters, amend, items, more, loading, error, reload: () => load(), older, exportAs }
}
