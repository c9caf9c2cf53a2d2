/** A chart in an element: drawn when it is there, anew when its option changes, as wide as its place. */
import { init, type EChartsCoreOption } from 'echarts/core'
import { onBeforeUnmount, onMounted, watch, type Ref } from 'vue'

export function useChart(element: Ref<HTMLElement | null>, option: () => EChartsCoreOption): void {
  let chart: ReturnType<typeof init> | null = null
  let observer: ResizeObserver | null = null
  const paint = () => chart?.setOption(option(), true)
  onMounted(() => {
    if (!element.value) return
    chart = init(element.value, null, { renderer: 'svg' })
    observer = new ResizeObserver(() => chart?.resize())
    observer.observe(element.value)
    paint()
  })
  watch(option, paint)
  onBeforeUnmount(() => {
    observer?.disconnect()
    chart?.dispose()
  })
}
