import { createRouter, createWebHistory, type LocationQuery, type RouteLocationNormalized } from 'vue-router'
import { Problem } from '@/api/client'
import type { Account, Capability } from '@/api/types'
import { isOnlyWorker, startArea } from '@/access/grants'
import { useMeta } from '@/session/useMeta'
import { useSession } from '@/session/useSession'
import ShellLayout from '@/shell/ShellLayout.vue'
import { adminRoutes } from '@/pages/admin/routes'
import { auditRoute } from '@/pages/audit/route'
import { meRoutes } from '@/pages/me/routes'
import { outletRoutes } from '@/pages/outlets/routes'
import { payRoutes } from '@/pages/pay/routes'
import { peopleRoutes } from '@/pages/people/routes'
import SignInPage from '@/pages/signin/SignInPage.vue'

declare module 'vue-router' {
  interface RouteMeta {
    /** Whoever lacks it is told so instead of seeing the page. */
    needs?: Capability
    /** Open to whoever comes by, where the operator has turned the public map on. */
    visitor?: boolean
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/signin', name: 'signin', component: SignInPage },
    {
      path: '/account/new-password',
      name: 'new-password',
      component: () => import('@/pages/account/NewPasswordPage.vue'),
    },
    {
      path: '/',
      component: ShellLayout,
      children: [
        {
          path: '',
          name: 'map',
          component: () => import('@/pages/map/MapPage.vue'),
          meta: { visitor: true },
        },
        {
          path: 'plans',
          name: 'plans',
          component: () => import('@/pages/plans/PlansPage.vue'),
          meta: { needs: 'draft' },
        },
        {
          path: 'analysis',
          name: 'analysis',
          component: () => import('@/pages/analysis/AnalysisPage.vue'),
          meta: { needs: 'figures' },
        },
        { path: 'account', name: 'account', component: () => import('@/pages/account/MyAccountPage.vue') },
        ...meRoutes,
        ...outletRoutes,
        ...peopleRoutes,
        ...payRoutes,
        ...adminRoutes,
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

/**
 * Whoever is only a worker begins with their own grids. For others the bare map begins where their work lies; whose work
 * is the whole region stays.
 */
function beginning(to: RouteLocationNormalized, from: RouteLocationNormalized, account: Account) {
  const { meta } = useMeta()
  const arriving = from.matched.length === 0 || from.name === 'signin' || from.name === 'new-password'
  if (to.fullPath === '/' && arriving && isOnlyWorker(account, meta.value?.today ?? '')) return { name: 'me' }
  const area = meta.value && startArea(account, meta.value.today)
  if (to.fullPath !== '/' || !area || area === meta.value?.region?.code) return true
  return { name: 'map', query: { area } }
}

router.beforeEach(async (to, from) => {
  navigation.pending = true
  const { restore } = useSession()
  const { meta, loadMeta } = useMeta()
  if (to.name === 'signin') return true
  const back = to.fullPath === '/' ? {} : { back: to.fullPath }
  const signIn = (why?: string) => ({ name: 'signin', query: { ...back, ...(why ? { why } : {}) } })
  try {
    const account = await restore()
    if (!account && !to.meta.visitor) return signIn()
    if (to.name === 'new-password') return true
    if (account?.must_change_password) return { name: 'new-password', query: back }
    if (!meta.value) await loadMeta()
    if (!account) return meta.value?.public_map ? true : signIn()
    return beginning(to, from, account)
  } catch (error) {
    if (error instanceof Problem) return signIn(error.unreachable ? 'unreachable' : undefined)
    throw error
  }
})

router.afterEach(() => {
  navigation.pending = false
})
