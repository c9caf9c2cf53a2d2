import { createApp } from 'vue'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/rows.css'
import './styles/print.css'
import { whenBarred } from '@/api/client'
import { useSession } from '@/session/useSession'
import App from './App.vue'
import { router } from './router'
import { i18n } from './words'

whenBarred((why) => {
  const { signedIn, forget, passwordDue } = useSession()
  // A visitor's request that was refused changes nothing about who they are.
  if (!signedIn.value) return
  const back = router.currentRoute.value.fullPath
  if (why === 'signed_out') {
    forget()
    void router.push({ name: 'signin', query: { back, why: 'expired' } })
  } else {
    passwordDue()
    void router.push({ name: 'new-password', query: { back } })
  }
})

createApp(App).use(i18n).use(router).mount('#app')
