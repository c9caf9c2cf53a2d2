/** What is somebody's own: a worker's first page and their statement. */
import type { RouteRecordRaw } from 'vue-router'

export const meRoutes: RouteRecordRaw[] = [
  { path: 'me', name: 'me', component: () => import('./MePage.vue') },
  {
    path: 'me/statement',
    name: 'my-statement',
    component: () => import('@/pages/pay/StatementPage.vue'),
  },
]
