/** The words across a picture: tiled faintly all over, and moved on now and then so that no part stays free of them. */

export const STEP_MS = 15_000
const TILT = -0.35
const GAP_X = 70
const GAP_Y = 84

/** Account, unit and time. */
export function wordsOf(login: string, unit: string, at: Date): string {
  const two = (figure: number): string => String(figure).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${login} ${unit} ${day} ${two(at.getHours())}:${two(at.getMinutes())}`
}

/** Where the words of one turn begin: each turn elsewhere, none outside the first tile. */
export function offset(turn: number, width: number): { x: number; y: number } {
  return { x: -((turn * 0.37 * width) % width), y: (turn * 31) % GAP_Y }
}

/** Draws the words; does nothing where there is no room or no canvas. */
export function draw(canvas: HTMLCanvasElement, words: string, width: number, height: number, turn: number): void {
  if (width < 8 || height < 8) return
  canvas.width = width
  canvas.height = height
  const pen = canvas.getContext('2d')
  if (pen === null) return
  pen.font = `${width > 700 ? 16 : 13}px system-ui, sans-serif`
  pen.lineWidth = 2
  pen.strokeStyle = 'rgb(0 0 0 / 26%)'
  pen.fillStyle = 'rgb(255 255 255 / 30%)'
  pen.rotate(TILT)
  const step = pen.measureText(words).width + GAP_X
  const from = offset(turn, step)
  const low = height + width * Math.abs(TILT) + GAP_Y
  for (let y = from.y, row = 0; y < low + GAP_Y; y += GAP_Y, row += 1) {
    for (let x = from.x - height * 0.4 - (row % 2) * (step / 2); x < width * 1.1; x += step) {
      pen.strokeText(words, x, y)
      pen.fillText(words, x, y)
    }
  }
}
