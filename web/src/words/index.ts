/** Languages: Chinese first, English as good; the choice is remembered and told to the server. */
import { createI18n } from 'vue-i18n'
import { setApiLanguage } from '@/api/client'
import en from './en'
import zh from './zh'

export type Language = 'zh' | 'en'
const KEY = 'khot.language'
const TAGS: Record<Language, string> = { zh: 'zh-CN', en: 'en' }

const remembered: Language = localStorage.getItem(KEY) === 'en' ? 'en' : 'zh'

export const i18n = createI18n({
  legacy: false,
  locale: remembered,
  fallbackLocale: 'zh',
  messages: { zh, en },
})

export function setLanguage(language: Language): void {
  i18n.global.locale.value = language
  localStorage.setItem(KEY, language)
  apply(language)
}

export const currentLanguage = (): Language => i18n.global.locale.value as Language

function apply(language: Language): void {
  document.documentElement.lang = TAGS[language]
  setApiLanguage(TAGS[language])
}
apply(remembered)
