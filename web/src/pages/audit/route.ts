/** Where the audit page stands: a child of the shell. */
import type { RouteRecordRaw } from 'vue-router'

export const auditRoute: RouteRecordRaw = {
  path: 'admin/audit',
  name: 'audit',
  component: () => import('./AuditPage.vue'),
  meta: { needs: 'audit' },
}
