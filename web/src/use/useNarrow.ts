/** Is the window as narrow as a phone? One breakpoint for the whole product. */
import { ref } from 'vue'

const media = window.matchMedia('(max-width: 767px)')
const narrow = ref(media.matches)
media.addEventListener('change', (event) => (narrow.value = event.matches))

export const useNarrow = () => narrow

export const wantsLessMotion = (): boolean => window.matchMedia('(prefers-reduced-motion: reduce)').matches
