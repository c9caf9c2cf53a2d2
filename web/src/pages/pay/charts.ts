/** ECharts, only the parts used, loaded only with the comparison. */
import { BarChart } from 'echarts/charts'
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import { use, type EChartsCoreOption } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { PayComparison } from '@/api/pay'
import { count, fixed } from '@/format/numbers'
import { GROUND, type Theme } from '@/map/palette'

use([BarChart, GridComponent, LegendComponent, TooltipComponent, AriaComponent, SVGRenderer])

/** Grey before, accent after: told apart by lightness too, and the one after is hatched by its outline. */
const INK: Record<Theme, { before: string; after: string }> = {
  light: { before: '#A3A9B1', after: '#1F5FBF' },
  dark: { before: '#6B727B', after: '#8CBCFF' },
}

export interface BarWords {
  before: string
  after: string
  people: string
  band: (from: string, to: string) => string
}

export function distributionOption(
  bars: PayComparison['distribution'],
  theme: Theme,
  words: BarWords,
  reduced: boolean,
): EChartsCoreOption {
  const ink = GROUND[theme]
  const colours = INK[theme]
  const whole = (fen: number): string => fixed(fen / 100, 0)
  return {
    animation: !reduced,
    animationDuration: 180,
    textStyle: { fontFamily: '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif' },
    grid: { left: 8, right: 12, top: 56, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, textStyle: { color: ink.label }, itemWidth: 14, itemHeight: 10 },
    tooltip: {
      trigger: 'axis',
      confine: true,
      transitionDuration: 0,
      formatter: (found: unknown) => {
        const bar = bars[(found as { dataIndex: number }[])[0]?.dataIndex ?? -1]
        if (!bar) return ''
        const head = words.band(whole(bar.from_fen), whole(bar.to_fen))
        return `<b>${head}</b><br>${words.before} <b>${count(bar.before)}</b><br>${words.after} <b>${count(bar.after)}</b>`
      },
    },
    xAxis: {
      type: 'category',
      data: bars.map((bar) => whole(bar.from_fen)),
      axisLabel: { color: ink.label, hideOverlap: true },
      axisLine: { lineStyle: { color: ink.faint } },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      name: words.people,
      nameTextStyle: { color: ink.labelQuiet },
      minInterval: 1,
      axisLabel: { color: ink.labelQuiet },
      splitLine: { lineStyle: { color: ink.coast, opacity: 0.6 } },
    },
    series: (['before', 'after'] as const).map((which) => ({
      type: 'bar',
      name: words[which],
      data: bars.map((bar) => bar[which]),
      barMaxWidth: 22,
      barGap: '8%',
      itemStyle: { color: colours[which] },
    })),
  }
}
