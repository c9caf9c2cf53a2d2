import { createRouter, createWebHistory, type LocationQuery } from 'vue-router'
import { Problem } from '@/api/client'
import { useMeta } from '@/session/useMeta'
import { useSession } from '@/session/useSession'
import ShellLayout from '@/shell/ShellLayout.vue'
import { auditRoute } from '@/pages/audit/route'
import SignInPage from '@/pages/signin/SignInPage.vue'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/signin', name: 'signin', component: SignInPage },
    {
      path: '/',
      component: ShellLayout,
      children: [
        { path: '', name: 'map', component: () => import('@/pages/map/MapPage.vue') },
        { path: 'plans', name: 'plans', component: () => import('@/pages/plans/PlansPage.vue') },
        { path: 'analysis', name: 'analysis', component: () => import('@/pages/analysis/AnalysisPage.vue') },
        auditRoute,
        { path: ':rest(.*)*', name: 'nowhere', component: () => import('@/pages/NowherePage.vue') },
      ],
    },
  ],
})

/** Is a navigation under way? A replace meanwhile would cancel it. */
export const navigation = { pending: false }

/** Where to go after signing in: only ever a path of this site. */
export function returnPath(query: LocationQuery): string {
  const back = query.back
  return typeof back === 'string' && /^\/(?![/\\])/.test(back) ? back : '/'
}

router.beforeEach(async (to) => {
  navigation.pending = true
  const { restore, account } = useSession()
  const { meta, loadMeta } = useMeta()
  if (to.name === 'signin') return true
  const signIn = (why?: string) => ({
    name: 'signin',
    query: { ...(to.fullPath === '/' ? {} : { back: to.fullPath }), ...(why ? { why } : {}) },
  })
  try {
    await restore()
    if (!account.value) return signIn()
    if (!meta.value) await loadMeta()
    return true
  } catch (error) {
    if (error instanceof Problem) return signIn(error.unreachable ? 'unreachable' : undefined)
    throw error
  }
})

router.afterEach(() => {
  navigation.pending = false
})
