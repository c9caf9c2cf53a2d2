/** Takes a grant back, after asking: it can only be given anew. */
import { ElMessage } from 'element-plus'
import type { Ref } from 'vue'
import { Problem } from '@/api/client'
import { khot } from '@/api/khot'
import type { GivenGrant, ManagedAccount } from '@/api/types'
import { useAreaNames } from '@/shell/useAreaNames'
import { confirmed } from '@/use/confirmed'
import { useWords } from '@/words/useWords'

export function useTakeBack(account: Ref<ManagedAccount | null>, done: () => void) {
  const { t, problemText } = useWords()
  const { areaName } = useAreaNames()

  return async (grant: GivenGrant): Promise<void> => {
    if (!account.value) return
    const { username, name } = account.value
    const sure = await confirmed({
      title: t('admin.takeBackTitle', { role: t(`role.${grant.role}`), area: areaName(grant.area) }),
      lead: t('admin.takeBackLead', { name }),
      act: t('admin.takeBack'),
      cancel: t('common.cancel'),
    })
    if (!sure) return
    try {
      await khot.takeBack(username, grant.id)
      ElMessage.success(t('admin.takenBack'))
      done()
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      ElMessage.error(problemText(problem))
    }
  }
}
