// Four images of 28 by 28 numbers and the arithmetic of one pixel. Streamlit calls the default export on every rerun:
// the images are built once and refreshed.

const SIZE = 28
const NAMES = ["Weights before", "Gradient", "Weights after", "All steps so far: weights minus their start"]
const BLUE = [33, 102, 172], WHITE = [247, 247, 247], RED = [178, 24, 43]
const ARROWS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -SIZE, ArrowDown: SIZE }
const number = (value) => value.toFixed(6).replace("-", "−")
const grids = new WeakMap()

export default function ({ parentElement, data }) {
  if (!grids.has(parentElement)) grids.set(parentElement, new Grid(parentElement))
  grids.get(parentElement).show(data)
}

class Grid {
  constructor(root) {
    this.sum = root.querySelector(".sum")
    this.figures = NAMES.map((name) => this.figure(name))
    root.querySelector(".images").append(...this.figures)
    this.pixel = null
  }

  figure(name) {
    const element = document.createElement("figure")
    element.innerHTML =
      '<figcaption></figcaption><div class="picture"><canvas tabindex="0" role="img"></canvas><div class="mark"></div></div><output></output>'
    element.querySelector("figcaption").textContent = name
    const canvas = element.querySelector("canvas")
    ;[canvas.width, canvas.height] = [SIZE, SIZE]
    canvas.onpointermove = canvas.onpointerdown = (event) => {
      const box = canvas.getBoundingClientRect()
      const at = (share) => Math.min(SIZE - 1, Math.max(0, Math.floor(share * SIZE)))
      this.pixel = at((event.clientY - box.top) / box.height) * SIZE + at((event.clientX - box.left) / box.width)
      this.read()
    }
    canvas.onkeydown = (event) => {
      const step = ARROWS[event.key]
      if (!step) return
      event.preventDefault()
      const column = (this.pixel % SIZE) + (Math.abs(step) === 1 ? step : 0)
      const target = this.pixel + step
      if (target >= 0 && target < SIZE * SIZE && column >= 0 && column < SIZE) this.pixel = target
      this.read()
    }
    return element
  }

  show(data) {
    const all = new Float32Array(Uint8Array.from(atob(data.values), (c) => c.charCodeAt(0)).buffer)
    this.lr = data.lr
    this.images = NAMES.map((_, i) => all.subarray(i * SIZE * SIZE, (i + 1) * SIZE * SIZE))
    this.pixel ??= data.pixel
    this.images.forEach((values, i) => this.paint(this.figures[i], values, NAMES[i]))
    this.read()
  }

  paint(figure, values, name) {
    const canvas = figure.querySelector("canvas")
    const bound = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const ink = new ImageData(SIZE, SIZE)
    values.forEach((value, j) => {
      const share = bound ? value / bound : 0
      const end = share < 0 ? BLUE : RED
      for (let c = 0; c < 3; c++) ink.data[4 * j + c] = WHITE[c] + (end[c] - WHITE[c]) * Math.abs(share)
      ink.data[4 * j + 3] = 255
    })
    canvas.getContext("2d").putImageData(ink, 0, 0)
    canvas.setAttribute("aria-label", `${name}: 28 by 28 numbers between −${bound.toPrecision(3)} and ${bound.toPrecision(3)}`)
    figure.title = `Colours from −${bound.toPrecision(3)} to ${bound.toPrecision(3)}`
  }

  read() {
    const [row, column] = [Math.floor(this.pixel / SIZE), this.pixel % SIZE]
    for (const [i, figure] of this.figures.entries()) {
      const mark = figure.querySelector(".mark").style
      ;[mark.top, mark.left] = [`${(100 * row) / SIZE}%`, `${(100 * column) / SIZE}%`]
      figure.querySelector("output").textContent = number(this.images[i][this.pixel])
    }
    const [before, grad, after] = this.images.map((values) => number(values[this.pixel]))
    const signed = grad.startsWith("−") ? `(${grad})` : grad
    this.sum.textContent = `Row ${row}, column ${column}: ${before} − ${this.lr} × ${signed} = ${after}`
  }
}
