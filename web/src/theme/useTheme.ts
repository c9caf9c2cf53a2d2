/** Light, dark, or as the system says; remembered. */
import { computed, ref, watch } from 'vue'

export type ThemeChoice = 'system' | 'light' | 'dark'
const KEY = 'khot.theme'
const media = window.matchMedia('(prefers-color-scheme: dark)')
const stored = localStorage.getItem(KEY)
const choice = ref<ThemeChoice>(stored === 'light' || stored === 'dark' ? stored : 'system')
const systemDark = ref(media.matches)
media.addEventListener('change', (event) => (systemDark.value = event.matches))

const theme = computed<'light' | 'dark'>(() =>
  choice.value === 'system' ? (systemDark.value ? 'dark' : 'light') : choice.value,
)
watch(
  theme,
  (name) => {
    document.documentElement.classList.toggle('dark', name === 'dark')
    document.documentElement.style.colorScheme = name
  },
  { immediate: true },
)

export function useTheme() {
  function choose(next: ThemeChoice): void {
    choice.value = next
    if (next === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, next)
  }
  return { theme, choice, choose }
}
