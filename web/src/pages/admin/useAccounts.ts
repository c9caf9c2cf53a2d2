/** The search and the area, held by the address, and the accounts that they leave, page by page. */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { Problem } from '@/api/client'
import { khot } from '@/api/khot'
import { covers } from '@/access/grants'
import type { ManagedAccount } from '@/api/types'
import { useView } from '@/url/useView'

const PAGE = 50

export const isLocked = (account: Pick<ManagedAccount, 'locked_until'>): boolean =>
  account.locked_until !== null && new Date(account.locked_until) > new Date()

/** `root`: what lies above or beside it is not for this administrator to list. */
export function useAccounts(root: () => string) {
  const route = useRoute()
  const router = useRouter()
  const { view } = useView()
  const area = computed(() => {
    const code = view.value.area
    return code !== null && covers(root(), code) ? code : null
  })

  const search = computed(() => (typeof route.query.search === 'string' ? route.query.search : ''))
  function find(text: string): void {
    const kept = { ...route.query }
    if (text) kept.search = text
    else delete kept.search
    void router.replace({ query: kept })
  }

  const items = shallowRef<ManagedAccount[]>([])
  const next = ref<string | null>(null)
  const loading = ref(false)
  const error = shallowRef<Problem | null>(null)
  let running: AbortController | null = null

  async function load(after?: string): Promise<void> {
    running?.abort()
    const mine = (running = new AbortController())
    loading.value = true
    error.value = null
    try {
      const query = { area: area.value ?? undefined, search: search.value, limit: PAGE, after }
      const page = await khot.accounts(query, mine.signal)
      if (mine.signal.aborted) return
      items.value = after === undefined ? page.accounts : [...items.value, ...page.accounts]
      next.value = page.next
    } catch (problem) {
      if (mine.signal.aborted) return
      if (!(problem instanceof Problem)) throw problem
      error.value = problem
    } finally {
      if (!mine.signal.aborted) loading.value = false
    }
  }
  watch(
    () => `${area.value} ${search.value}`,
    () => void load(),
    { immediate: true },
  )
  onScopeDispose(() => running?.abort())

  return {
    area,
    search,
    find,
    items,
    next,
    loading,
    error,
    reload: () => load(),
    more: () => load(next.value ?? undefined),
  }
}
