/** Work that was left running in an area is found again and put into the address. */
import { watch } from 'vue'
import { Problem } from '@/api/client'
import { khot } from '@/api/khot'
import { useSession } from '@/session/useSession'
import { useView } from '@/url/useView'
import { ended } from './useJob'

export function useRunningJob(): void {
  const { view, areaCode, amend } = useView()
  const { may } = useSession()
  watch(
    areaCode,
    async (code) => {
      if (!code || view.value.job || !may('draft')) return
      try {
        const { items } = await khot.jobs(code)
        const running = items.find((job) => !ended(job))
        if (running && areaCode.value === code && !view.value.job) void amend({ job: running.id })
      } catch (error) {
        // Not finding it is no failure of the page: it can still be started or looked up.
        if (!(error instanceof Problem)) throw error
      }
    },
    { immediate: true },
  )
}
