/** Words plus the few sentences that depend on what the server said. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Problem } from '@/api/client'
import type { Language } from '.'

export function useWords() {
  const { t, te, tm, locale } = useI18n({ useScope: 'global' })
  const language = computed(() => locale.value as Language)

  /** The server's own sentence where it gave one, ours where it could not. */
  const problemText = (problem: Problem): string =>
    problem.unreachable ? t('problem.unreachable') : problem.detail || t('problem.unknown')

  const either = (pair: { zh: string; en: string }): string => pair[language.value]

  return { t, te, tm, language, problemText, either }
}
