/** Where people stand: children of the shell. */
import type { RouteRecordRaw } from 'vue-router'

export const peopleRoutes: RouteRecordRaw[] = [
  { path: 'people', redirect: (to) => ({ name: 'roster', query: to.query }) },
  {
    path: 'people/roster',
    name: 'roster',
    component: () => import('./RosterPage.vue'),
    meta: { needs: 'people' },
  },
  {
    path: 'people/roster/:id',
    name: 'worker',
    component: () => import('./WorkerPage.vue'),
    props: true,
    meta: { needs: 'people' },
  },
  {
    path: 'people/map',
    name: 'staff-map',
    component: () => import('./map/StaffMapPage.vue'),
    meta: { needs: 'people' },
  },
  {
    path: 'people/vacancies',
    name: 'vacancies',
    component: () => import('./VacanciesPage.vue'),
    meta: { needs: 'people' },
  },
  {
    path: 'people/posts',
    name: 'posts',
    component: () => import('./PostsPage.vue'),
    meta: { needs: 'people' },
  },
]
