/** Where subsidies stand: children of the shell. */
import type { RouteRecordRaw } from 'vue-router'

export const payRoutes: RouteRecordRaw[] = [
  { path: 'pay', redirect: (to) => ({ name: 'pay-runs', query: to.query }) },
  {
    path: 'pay/runs',
    name: 'pay-runs',
    component: () => import('./RunsPage.vue'),
    meta: { needs: 'pay' },
  },
  {
    path: 'pay/runs/:id',
    name: 'pay-run',
    component: () => import('./RunPage.vue'),
    props: true,
    meta: { needs: 'pay' },
  },
  {
    path: 'pay/duty',
    name: 'pay-duty',
    component: () => import('./DutyPage.vue'),
    meta: { needs: 'people' },
  },
  {
    path: 'pay/rules',
    name: 'pay-rules',
    component: () => import('./RulesPage.vue'),
    meta: { needs: 'pay' },
  },
  {
    path: 'pay/rules/new',
    name: 'pay-rules-new',
    component: () => import('./RulesEditor.vue'),
    meta: { needs: 'pay_edit' },
  },
  {
    path: 'pay/rules/:id',
    name: 'pay-rules-one',
    component: () => import('./RulesDocument.vue'),
    props: true,
    meta: { needs: 'pay' },
  },
  {
    path: 'pay/compare/:id?',
    name: 'pay-compare',
    component: () => import('./ComparePage.vue'),
    props: true,
    meta: { needs: 'pay' },
  },
  {
    path: 'pay/statements/:worker',
    name: 'statement',
    component: () => import('./StatementPage.vue'),
    props: true,
    meta: { needs: 'pay' },
  },
]
