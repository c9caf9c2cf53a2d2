/** The search and the area, held by the address, and the accounts that they leave, page by page. */
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { khot } from '@/api/khot'
import { covers } from '@/access/grants'
import type { ManagedAccount } from '@/api/types'
import { useView } from '@/url/useView'
import { usePages } from '@/use/usePages'

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

  const { items, next, loading, error, reload, more } = usePages(
    () => ({ area: area.value ?? undefined, search: search.value, limit: PAGE }),
    async (query, after: string | undefined, signal) => {
      const page = await khot.accounts({ ...query, after }, signal)
      return { items: page.accounts, next: page.next }
    },
  )

  return {
    area,
    search,
    find,
    items,
    next,
    loading,
    error,
    reload,
    more,
  }
}
