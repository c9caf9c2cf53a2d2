/** Money, kept in whole fen and shown in yuan with both decimals. */
import { DASH, fixed } from './numbers'

const MINUS = '−'

/** 123456 -> 1,234.56; the unit stands in the head of the column. */
export function yuan(fen: number | null | undefined): string {
  if (typeof fen !== 'number' || !Number.isFinite(fen)) return DASH
  return `${fen < 0 ? MINUS : ''}${fixed(Math.abs(fen) / 100, 2)}`
}

/** With its sign: what has become more or less. */
export function change(fen: number | null | undefined): string {
  return typeof fen === 'number' && fen > 0 ? `+${yuan(fen)}` : yuan(fen)
}

/** "1,234.5" as fen; none where it is no amount with at most two decimals. */
export function fenOf(text: string): number | null {
  const plain = text.trim().replaceAll(',', '').replace(MINUS, '-')
  const parts = /^(-?)(\d{1,9})(?:\.(\d{1,2}))?$/.exec(plain)
  if (!parts) return null
  const fen = Number(parts[2]) * 100 + Number((parts[3] ?? '').padEnd(2, '0'))
  return parts[1] && fen !== 0 ? -fen : fen
}
