/** The few words of people that depend on what a record holds. */
import { useWords } from '@/words/useWords'

export function usePeopleWords() {
  const { t, te, language } = useWords()
  /** A language that has no word here keeps its code. */
  const languageName = (code: string): string =>
    te(`people.languageOf.${code}`) ? t(`people.languageOf.${code}`) : code
  const join = (words: string[]): string => words.join(language.value === 'zh' ? '、' : ', ')
  const languages = (codes: string[]): string => (codes.length ? join(codes.map(languageName)) : '–')
  const nameOf = (worker: { name?: string | null }): string => worker.name || t('people.nameless')
  return { languageName, languages, join, nameOf }
}
