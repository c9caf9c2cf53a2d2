/** Counts down the seconds after which something may be tried again. */
import { onScopeDispose, ref } from 'vue'

export function useWait() {
  const left = ref(0)
  let until = 0
  let timer: number | undefined

  function tick(): void {
    left.value = Math.max(0, Math.ceil((until - Date.now()) / 1000))
    if (left.value === 0) window.clearInterval(timer)
  }
  function wait(seconds: number): void {
    window.clearInterval(timer)
    until = Date.now() + seconds * 1000
    timer = window.setInterval(tick, 500)
    tick()
  }
  onScopeDispose(() => window.clearInterval(timer))
  return { left, wait }
}
