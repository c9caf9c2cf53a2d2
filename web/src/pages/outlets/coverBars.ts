/** Coverage by area type as stacked bars: ECharts, loaded only with the page. */
import { BarChart } from 'echarts/charts'
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components'
import { use, type EChartsCoreOption } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { COVER_CLASSES, type CoverClass, type Coverage } from '@/api/outlets'
import { count, share } from '@/format/numbers'
import { COVER_COLOUR, GROUND, type Theme } from '@/map/palette'

use([BarChart, GridComponent, TooltipComponent, AriaComponent, SVGRenderer])

/** A texture for each class besides its colour. */
const DECALS: Record<CoverClass, object> = {
  fixed: { symbol: 'none' },
  outreach: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 6], color: 'rgba(0,0,0,0.3)' },
  mobile: {
    symbol: 'circle',
    dashArrayX: [[5, 5]],
    dashArrayY: [5, 5],
    symbolSize: 0.5,
    color: 'rgba(0,0,0,0.4)',
  },
  uncovered: {
    symbol: 'rect',
    dashArrayX: [1, 0],
    dashArrayY: [2, 5],
    rotation: -Math.PI / 4,
    color: 'rgba(0,0,0,0.35)',
  },
}

export interface BarWords {
  types: string[]
  classes: Record<CoverClass, string>
  households: string
}

export function barOption(
  rows: Coverage['by_area_type'],
  theme: Theme,
  words: BarWords,
  reduced: boolean,
): EChartsCoreOption {
  const ink = GROUND[theme]
  return {
    animation: !reduced,
    animationDuration: 180,
    textStyle: { fontFamily: '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif' },
    grid: { left: 8, right: 16, top: 8, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'none' },
      confine: true,
      transitionDuration: 0,
      formatter: (p: unknown) => {
        const at = (p as { dataIndex: number }[])[0]?.dataIndex ?? 0
        const row = rows[at]
        if (!row) return ''
        const lines = COVER_CLASSES.map(
          (kind) =>
            `${words.classes[kind]} <b>${share(row.classes[kind].share)}</b> · ${count(row.classes[kind].households).replace('<', '&lt;')} ${words.households}`,
        )
        return [`<b>${words.types[at] ?? ''}</b>`, ...lines].join('<br>')
      },
    },
    xAxis: {
      type: 'value',
      min: 0,
      max: 1,
      axisLabel: { color: ink.labelQuiet, formatter: (v: number) => `${Math.round(v * 100)}%` },
      splitLine: { lineStyle: { color: ink.coast, opacity: 0.6 } },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: words.types,
      axisLabel: { color: ink.label, lineHeight: 16 },
      axisLine: { lineStyle: { color: ink.faint } },
      axisTick: { show: false },
    },
    series: COVER_CLASSES.map((kind) => ({
      name: words.classes[kind],
      type: 'bar',
      stack: 'all',
      barMaxWidth: 28,
      data: rows.map((row) => row.classes[kind].share ?? 0),
      itemStyle: {
        color: COVER_COLOUR[theme][kind],
        borderColor: ink.casing,
        borderWidth: 1,
        decal: DECALS[kind],
      },
    })),
  }
}
