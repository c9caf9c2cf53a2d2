import dayjs from 'dayjs'
import 'dayjs/locale/zh-cn'
import en from 'element-plus/es/locale/lang/en'
import zhCn from 'element-plus/es/locale/lang/zh-cn'
import type { Language } from '.'

export function elementLocale(language: Language) {
  dayjs.locale(language === 'zh' ? 'zh-cn' : 'en')
  return language === 'zh' ? zhCn : en
}
