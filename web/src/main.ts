import { createApp } from 'vue'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './styles/tokens.css'
import './styles/base.css'
import { onSessionLost } from '@/api/client'
import { useSession } from '@/session/useSession'
import App from './App.vue'
import { router } from './router'
import { i18n } from './words'

onSessionLost(() => {
  useSession().forget()
  const here = router.currentRoute.value
  if (here.name !== 'signin') {
    void router.push({ name: 'signin', query: { back: here.fullPath, why: 'expired' } })
  }
})

createApp(App).use(i18n).use(router).mount('#app')
