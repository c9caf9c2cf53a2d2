/** Members of the address that belong to one page: read as a text, changed without touching the others. */
import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

export function useQuery(name: string): WritableComputedRef<string> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => {
      const value = route.query[name]
      return typeof value === 'string' ? value : ''
    },
    set: (value: string) => {
      const kept = { ...route.query }
      if (value) kept[name] = value
      else delete kept[name]
      void router.replace({ query: kept })
    },
  })
}
