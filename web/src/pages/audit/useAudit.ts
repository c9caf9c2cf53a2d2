/** The filters, held by the address, and the entries that they leave, page by page. */
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { withQuery } from '@/api/client'
import { khot } from '@/api/khot'
import { parseDay } from '@/url/state'
import { useView } from '@/url/useView'
import { usePages } from '@/use/usePages'

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

  const { items, next, loading, error, reload, more } = usePages(
    () => query.value,
    async (query, after: number | undefined, signal) => {
      const page = await khot.audit({ ...query, after }, signal)
      return { items: page.items, next: page.next === null ? null : (page.items.at(-1)?.id ?? null) }
    },
  )

  const exportAs = (format: 'csv' | 'ndjson'): string =>
    withQuery('/api/v1/audit/export', { ...query.value, format })

  return { filters, amend, items, next, loading, error, reload, more, exportAs }
}
