/** The pages that whoever is looking may go to. */
import {
  DataAnalysis,
  MapLocation,
  Money,
  OfficeBuilding,
  Operation,
  Postcard,
  Setting,
  User,
} from '@element-plus/icons-vue'
import { computed } from 'vue'
import { isWorker } from '@/access/grants'
import { served } from '@/outlets/served'
import { useMeta } from '@/session/useMeta'
import { useSession } from '@/session/useSession'

export function useNav() {
  const { account, may } = useSession()
  const { meta } = useMeta()
  return computed(() =>
    [
      {
        path: '/me',
        name: 'me',
        icon: Postcard,
        shown: account.value !== null && isWorker(account.value, meta.value?.today ?? ''),
      },
      { path: '/', name: 'map', icon: MapLocation, shown: true },
      { path: '/plans', name: 'plans', icon: Operation, shown: may('draft') },
      { path: '/people/roster', name: 'people', icon: User, shown: may('people') },
      // Whoever attests days on duty needn't see what is paid for them.
      {
        path: may('pay') ? '/pay/runs' : '/pay/duty',
        name: 'pay',
        icon: Money,
        shown: may('pay') || may('people_edit'),
      },
      {
        path: '/outlets/list',
        name: 'outlets',
        icon: OfficeBuilding,
        shown: served.outlets && may('outline'),
      },
      { path: '/analysis', name: 'analysis', icon: DataAnalysis, shown: may('figures') },
      {
        path: may('accounts') ? '/admin/accounts' : '/admin/audit',
        name: 'admin',
        icon: Setting,
        shown: may('accounts') || may('audit'),
      },
    ].filter((item) => item.shown),
  )
}
