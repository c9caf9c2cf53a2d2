/** Where administration stands: children of the shell. */
import type { RouteRecordRaw } from 'vue-router'

export const adminRoutes: RouteRecordRaw[] = [
  {
    path: 'admin/accounts',
    name: 'accounts',
    component: () => import('./AccountsPage.vue'),
    meta: { needs: 'accounts' },
  },
  {
    path: 'admin/accounts/:username',
    name: 'managed-account',
    component: () => import('./AccountPage.vue'),
    props: true,
    meta: { needs: 'accounts' },
  },
]
