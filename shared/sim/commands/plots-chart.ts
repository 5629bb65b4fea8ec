/** A curve. Points that are above the axis are cut off at its end. */
export interface Series {
  readonly name: string
  readonly colour: string
  /** `textbook`: dashed and without marks, as nobody measured it. */
  readonly kind: 'measured' | 'textbook'
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Axis {
  readonly label: string
  readonly scale: 'linear' | 'log2'
  /** Marked values, the ends of the axis among them. */
  readonly ticks: readonly number[]
}

export interface Panel {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
}

/** Colours that people tell apart whatever they see of red and green (Okabe and Ito 2008). */
export const COLOURS = {
  blue: '#0072b2',
  orange: '#d55e00',
  green: '#00805f',
  purple: '#a0468a',
  grey: '#666',
}

const PANEL = { width: 460, height: 300, left: 70, top: 40, right: 26, bottom: 58 }
const LEGEND_ROW = 20
const INK = '#222'
const GRID = '#ddd'

/** Panels side by side as one picture, on white so that it can be read on any page. */
export function chart(panels: readonly Panel[]): string {
  const rows = Math.max(...panels.map(({ series }) => Math.ceil(series.length / 2)))
  const width = PANEL.width * panels.length
  const height = PANEL.height + rows * LEGEND_ROW + 8
  const parts = panels.map((panel, index) => drawPanel(panel, index))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" width="${String(width)}" height="${String(height)}" font-family="system-ui, sans-serif" font-size="12" role="img">`,
    `<title>${escape(panels.map(({ title }) => title).join('; '))}</title>`,
    `<rect width="${String(width)}" height="${String(height)}" rx="6" fill="#fff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

function drawPanel(panel: Panel, index: number): string {
  const { left, top, right, bottom, width, height } = PANEL
  const [x0, x1, y0, y1] = [left, width - right, height - bottom, top]
  const xOf = positions(panel.x, x0, x1)
  const yOf = positions(panel.y, y0, y1)
  const clip = `inside${String(index)}`
  return [
    `<g transform="translate(${String(index * width)} 0)">`,
    `<clipPath id="${clip}"><rect x="${String(x0 - 4)}" y="${String(y1 - 4)}" width="${String(x1 - x0 + 8)}" height="${String(y0 - y1 + 8)}"/></clipPath>`,
    text((x0 + x1) / 2, 22, panel.title, 'middle', ' font-weight="600" font-size="14"'),
    ...panel.y.ticks.flatMap((tick) => [
      line(x0, yOf(tick), x1, yOf(tick), GRID),
      text(x0 - 8, yOf(tick) + 4, label(tick), 'end'),
    ]),
    ...panel.x.ticks.flatMap((tick) => [
      line(xOf(tick), y0, xOf(tick), y0 + 4, INK),
      text(xOf(tick), y0 + 18, label(tick), 'middle'),
    ]),
    line(x0, y0, x1, y0, INK),
    text((x0 + x1) / 2, y0 + 38, panel.x.label, 'middle'),
    `<text transform="translate(16 ${String((y0 + y1) / 2)}) rotate(-90)" text-anchor="middle" fill="${INK}">${escape(panel.y.label)}</text>`,
    `<g clip-path="url(#${clip})">`,
    ...panel.series.map((series) => curve(series, xOf, yOf)),
    '</g>',
    ...panel.series.map((series, place) => legend(series, place)),
    '</g>',
  ].join('\n')
}

function positions({ scale, ticks }: Axis, from: number, to: number): (value: number) => number {
  const at = (value: number) => (scale === 'log2' ? Math.log2(value) : value)
  const [low, high] = [at(Math.min(...ticks)), at(Math.max(...ticks))]
  return (value) => Number((from + ((at(value) - low) / (high - low)) * (to - from)).toFixed(1))
}

function curve(
  { points, colour, kind }: Series,
  xOf: (value: number) => number,
  yOf: (value: number) => number,
): string {
  const at = points.map(([x, y]) => [xOf(x), yOf(y)] as const)
  const path = at.map(([x, y]) => `${String(x)},${String(y)}`).join(' ')
  const dashes = kind === 'textbook' ? ' stroke-dasharray="5 4"' : ''
  const marks = at.map(([x, y]) => `<circle cx="${String(x)}" cy="${String(y)}" r="3" fill="${colour}"/>`)
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${kind === 'textbook' ? '1.5' : '2'}"${dashes}/>`,
    ...(kind === 'textbook' ? [] : marks),
  ].join('\n')
}

/** Two entries a row, below the panel. */
function legend({ name, colour, kind }: Series, place: number): string {
  const x = PANEL.left - 20 + (place % 2) * ((PANEL.width - PANEL.left) / 2 + 10)
  const y = PANEL.height + Math.floor(place / 2) * LEGEND_ROW + 4
  const dashes = kind === 'textbook' ? ' stroke-dasharray="5 4"' : ''
  return [
    `<line x1="${String(x)}" y1="${String(y)}" x2="${String(x + 24)}" y2="${String(y)}" stroke="${colour}" stroke-width="2"${dashes}/>`,
    text(x + 30, y + 4, name, 'start'),
  ].join('\n')
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${String(x1)}" y1="${String(y1)}" x2="${String(x2)}" y2="${String(y2)}" stroke="${colour}"/>`
}

function text(x: number, y: number, content: string, anchor: string, more = ''): string {
  return `<text x="${String(x)}" y="${String(y)}" text-anchor="${anchor}" fill="${INK}"${more}>${escape(content)}</text>`
}

/** 4,096 rather than 4096. */
function label(value: number): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, value >= 1_000 ? ',' : '')
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
