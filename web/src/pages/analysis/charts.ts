/** ECharts, only the parts used, loaded only with the analysis page. */
import { BoxplotChart } from 'echarts/charts'
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components'
import { use, type EChartsCoreOption } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { AreaType } from '@/api/types'
import { count, fixed, roughly, type Count } from '@/format/numbers'
import { GROUND, TYPE_COLOUR, TYPE_EDGE, type Theme } from '@/map/palette'

use([BoxplotChart, GridComponent, TooltipComponent, AriaComponent, SVGRenderer])

export interface Box {
  type: AreaType
  name: string
  /** "<5" among counts of 1 to 4. */
  spread: Record<'min' | 'q1' | 'median' | 'q3' | 'max' | 'mean', Count>
}

export interface BoxWords {
  min: string
  q1: string
  median: string
  q3: string
  max: string
  mean: string
}

/** Over two orders of magnitude between types: only a logarithmic scale shows them all. */
export const needsLog = (boxes: Box[]): boolean => {
  const medians = boxes.map((b) => roughly(b.spread.median)).filter((m) => m > 0)
  return medians.length > 1 && Math.max(...medians) / Math.min(...medians) > 30
}

export const figure = (value: Count): string => {
  if (typeof value === 'string' || value >= 100 || Number.isInteger(value)) return count(value)
  return value >= 10 ? fixed(value, 1) : fixed(value, 2)
}

export function boxOption(boxes: Box[], theme: Theme, words: BoxWords, reduced: boolean): EChartsCoreOption {
  const ink = GROUND[theme]
  const log = needsLog(boxes)
  const floor = Math.min(...boxes.map((b) => roughly(b.spread.min)).filter((v) => v > 0), 1)
  const safe = (v: number): number => (log ? Math.max(v, floor) : v)
  return {
    animation: !reduced,
    animationDuration: 180,
    textStyle: { fontFamily: '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif' },
    grid: { left: 8, right: 12, top: 12, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'item',
      confine: true,
      transitionDuration: 0,
      formatter: (p: unknown) => {
        const box = boxes[(p as { dataIndex: number }).dataIndex]
        if (!box) return ''
        const rows = (['max', 'q3', 'median', 'q1', 'min', 'mean'] as const).map(
          (key) => `${words[key]} <b>${figure(box.spread[key]).replace('<', '&lt;')}</b>`,
        )
        return [`<b>${box.name}</b>`, ...rows].join('<br>')
      },
    },
    xAxis: {
      type: 'category',
      data: boxes.map((b) => b.name),
      axisLabel: { color: ink.label, interval: 0, width: 84, overflow: 'break' },
      axisLine: { lineStyle: { color: ink.faint } },
      axisTick: { show: false },
    },
    yAxis: {
      type: log ? 'log' : 'value',
      min: log ? undefined : 0,
      axisLabel: {
        color: ink.labelQuiet,
        formatter: (v: number) => Number(v.toPrecision(4)).toLocaleString('en-US'),
      },
      splitLine: { lineStyle: { color: ink.coast, opacity: 0.6 } },
    },
    series: [
      {
        type: 'boxplot',
        boxWidth: [16, 44],
        data: boxes.map(({ type, spread: s }) => ({
          value: [s.min, s.q1, s.median, s.q3, s.max].map(roughly).map(safe),
          itemStyle: {
            color: `${TYPE_COLOUR[type]}59`,
            borderColor: TYPE_EDGE[theme][type],
            borderWidth: 1.5,
          },
        })),
      },
    ],
  }
}
