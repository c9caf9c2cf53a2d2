/** A job that a page has begun: how far it is, and what to do when it is done. */
import { computed, ref } from 'vue'
import type { Job } from '@/api/types'
import { ratio } from '@/format/numbers'
import { ended, useJob } from '@/plan/useJob'

/** `done` is told of a job that was done, `failed` of any other end. */
export function useFollowedJob(done: (job: Job) => void, failed: (job: Job) => void = () => {}) {
  const id = ref<string | null>(null)
  const { job, lost } = useJob(
    () => id.value,
    (finished) => {
      if (finished.state === 'done') done(finished)
      else failed(finished)
    },
    () => (id.value = null),
  )
  return {
    job,
    lost,
    running: computed(() => id.value !== null && (!job.value || !ended(job.value))),
    percent: computed(() => (job.value ? ratio(job.value.done, job.value.total) : 0)),
    follow: (begun: Job) => (id.value = begun.id),
    forget: () => (id.value = null),
  }
}
export type FollowedJob = ReturnType<typeof useFollowedJob>
