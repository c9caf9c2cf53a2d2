/** Watches the job the address names until it ends; a lost connection is no end. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { Problem } from '@/api/client'
import { khot } from '@/api/khot'
import type { Job } from '@/api/types'

const EVERY_MS = 700
const WHEN_LOST_MS = 3000

export const ended = (job: Job): boolean => !['queued', 'running'].includes(job.state)

/** The draft that a division made. */
export const draftOf = (job: Job): string | null =>
  job.kind === 'division' ? (job.result?.plans?.[0] ?? job.result?.plan ?? null) : null

export function useJob(id: () => string | null, onEnd: (job: Job) => void, onGone: () => void) {
  const job = shallowRef<Job | null>(null)
  const lost = ref(false)
  let timer: number | undefined
  let watching: string | null = null

  async function ask(code: string): Promise<void> {
    let wait = EVERY_MS
    try {
      const answer = await khot.job(code)
      if (watching !== code) return
      lost.value = false
      job.value = answer
      if (ended(answer)) return onEnd(answer)
    } catch (error) {
      if (watching !== code) return
      if (!(error instanceof Problem)) throw error
      if (error.status === 404) {
        job.value = null
        return onGone()
      }
      lost.value = true
      wait = WHEN_LOST_MS
    }
    timer = window.setTimeout(() => void ask(code), wait)
  }

  function stop(): void {
    window.clearTimeout(timer)
    watching = null
  }
  watch(
    id,
    (code) => {
      stop()
      lost.value = false
      if (job.value?.id !== code) job.value = null
      if (code === null) return
      watching = code
      void ask(code)
    },
    { immediate: true },
  )
  onScopeDispose(stop)

  async function cancel(): Promise<void> {
    if (job.value) job.value = await khot.cancelJob(job.value.id)
  }
  return { job, lost, cancel }
}
