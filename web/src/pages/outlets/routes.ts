/** Where outlets and services stand: children of the shell. The list is open to visitors of the public map. */
import type { RouteRecordRaw } from 'vue-router'

export const outletRoutes: RouteRecordRaw[] = [
  { path: 'outlets', redirect: (to) => ({ path: '/outlets/list', query: to.query }) },
  {
    path: 'outlets/list',
    name: 'outlets',
    component: () => import('./OutletsPage.vue'),
    meta: { needs: 'outline', visitor: true },
  },
  {
    path: 'outlets/services',
    name: 'services',
    component: () => import('./ServicesPage.vue'),
    meta: { needs: 'outline', visitor: true },
  },
  {
    path: 'outlets/coverage',
    name: 'coverage',
    component: () => import('./CoveragePage.vue'),
    meta: { needs: 'figures' },
  },
  {
    path: 'outlets/links',
    name: 'links',
    component: () => import('./LinksPage.vue'),
    meta: { needs: 'figures' },
  },
  {
    path: 'outlets/placement',
    name: 'placement',
    component: () => import('./PlacementPage.vue'),
    meta: { needs: 'outlets' },
  },
  {
    path: 'outlets/checklist',
    name: 'checklist',
    component: () => import('./ChecklistPage.vue'),
    meta: { needs: 'figures' },
  },
]
