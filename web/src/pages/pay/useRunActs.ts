/** Approving, locking and discarding a run: each asks once, naming what it will do. */
import { ElMessage } from 'element-plus'
import type { Ref } from 'vue'
import { Problem } from '@/api/client'
import { pay, type Run } from '@/api/pay'
import { month } from '@/format/dates'
import { yuan } from '@/format/money'
import { count } from '@/format/numbers'
import { confirmed } from '@/use/confirmed'
import { useWords } from '@/words/useWords'

export function useRunActs(run: Ref<Run | null>, areaName: () => string, changed: () => void) {
  const { t, language, problemText } = useWords()

  async function act(
    what: 'approve' | 'lock' | 'discard',
    send: (id: string) => Promise<unknown>,
    done: string,
    then: () => void,
  ): Promise<void> {
    const one = run.value
    if (!one) return
    const words = {
      name: areaName(),
      month: month(one.month, language.value),
      workers: count(one.workers),
      total: yuan(one.total_fen),
    }
    const question = {
      title: t(`pay.${what}Title`, words),
      lead: t(`pay.${what}Lead`, words),
      act: what === 'lock' ? t('pay.lockDo', words) : t(`pay.${what}`),
      cancel: t('common.cancel'),
    }
    if (!(await confirmed(question))) return
    try {
      await send(one.id)
      ElMessage.success(t(done))
      then()
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      ElMessage.error(problem.code === 'own_run' ? t('pay.ownRun') : problemText(problem))
      changed()
    }
  }

  return {
    approve: () => act('approve', pay.approve, 'pay.approved', changed),
    lock: () => act('lock', pay.lock, 'pay.locked', changed),
    discard: (then: () => void) => act('discard', pay.discardRun, 'pay.discarded', then),
  }
}
