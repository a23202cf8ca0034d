// One output of a layer, number by number. Streamlit calls the default export on every rerun: the pictures are built
// once and refreshed. A kernel as large as its input has one place: a unit of a linear layer.

const BLUE = [33, 102, 172], WHITE = [247, 247, 247], RED = [178, 24, 43], BLACK = [0, 0, 0]
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }
const MOST_TERMS = 25 // written out in full
const BAR = 40 // pixels to each side
const TICK = 60 // milliseconds between two places of a kernel that slides by itself
const signs = (text) => text.replace("-", "−")
const number = (value) => signs(Math.abs(value) < 1e5 ? value.toFixed(4) : value.toExponential(3))
const bracketed = (value) => (value < 0 ? `(${number(value)})` : number(value))
const clamp = (value, count) => Math.min(count - 1, Math.max(0, value))
const sums = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  if (!sums.has(parentElement)) sums.set(parentElement, new Sum(parentElement))
  sums.get(parentElement).show(data, (place) => setTriggerValue("pick", place))
}

class Sum {
  constructor(root) {
    this.find = (selector) => root.querySelector(selector)
    this.slide = this.find(".where input")
    this.upto = this.find(".upto input")
    this.slide.oninput = () => this.go(Math.floor(this.slide.value / this.across), this.slide.value % this.across)
    this.upto.oninput = () => this.add(+this.upto.value)
    this.find(".where button").onclick = () => (this.timer ? this.stop() : this.play())
    this.listen("inputs", (row, column) => {
      const { top, left } = this.corner()
      if (this.slides) this.go(Math.round((row - (this.high - 1) / 2) / this.stride[0]), Math.round((column - (this.wide - 1) / 2) / this.stride[1]))
      else this.point(row - top, column - left)
    })
    this.listen("weights", (row, column) => this.point(row, column))
    this.listen("products", (row, column) => this.point(row, column))
    this.listen("outputs", (row, column) => this.go(row, column))
    const bars = this.find(".sums canvas")
    bars.onpointerdown = (event) => this.add(1 + placeOf(event, bars, this.parts, 1)[0])
  }

  listen(name, visit) {
    const canvas = this.find(`.${name} canvas`)
    const seek = (event) => visit(...placeOf(event, canvas, canvas.height, canvas.width))
    canvas.onpointermove = canvas.onpointerdown = seek
    canvas.onclick = () => name !== "outputs" && !(name === "inputs" && this.slides) && this.pick()
    canvas.onkeydown = (event) => {
      const step = ARROWS[event.key]
      if (event.key === "Enter") this.pick()
      if (!step) return
      event.preventDefault()
      const moves = name === "outputs" || (name === "inputs" && this.slides)
      const [row, column] = moves ? this.place : (this.at ?? [-step[0], -step[1]])
      moves ? this.go(row + step[0], column + step[1]) : this.point(row + step[0], column + step[1])
    }
  }

  show(data, send) {
    const shape = JSON.stringify([data.inputs.shape, data.weights.shape, data.outputs.shape, data.stride])
    const isNew = shape !== this.shape
    this.send = send
    this.data = data
    this.shape = shape
    for (const name of ["inputs", "weights", "outputs"]) this[name] = unpack(data[name].values)
    ;[this.channels, this.high, this.wide] = data.weights.shape
    ;[, this.tall, this.broad] = data.inputs.shape
    ;[this.down, this.across] = data.outputs.shape
    this.stride = data.stride
    this.slides = this.down * this.across > 1
    this.byChannel = this.channels > 1
    this.parts = this.byChannel ? this.channels : this.slides ? 1 : this.high
    if (isNew) {
      this.stop()
      this.at = null
      this.place = data.place
      this.added = this.byChannel ? 1 + this.strongest() : this.parts
    }
    if (data.picked && this.byChannel && this.asked !== String(data.picked)) this.added = data.picked[0] + 1
    this.asked = String(data.picked)
    this.scales = { inputs: largest(this.inputs), weights: data.scale || largest(this.weights), outputs: largest(this.outputs) }
    this.scales.products = this.scales.inputs * this.scales.weights
    this.label()
    this.draw()
  }

  label() {
    const { data, slides, parts, byChannel } = this
    this.find(".where").hidden = !slides
    this.find(".outputs").hidden = !slides
    this.find(".upto").hidden = this.find(".sums").hidden = parts === 1
    this.slide.max = this.down * this.across - 1
    this.upto.max = parts
    this.find(".edge").hidden = !data.padding.some(Boolean)
    const [rim, edge] = data.padding
    box(this.find(".edge"), rim / this.tall, edge / this.broad, 1 - (2 * rim) / this.tall, 1 - (2 * edge) / this.broad)
    this.find(".sums figcaption").textContent = byChannel ? "Sum of each channel" : "Sum of each row"
  }

  corner() {
    return { top: this.place[0] * this.stride[0], left: this.place[1] * this.stride[1] }
  }

  // Input times weight, in the precision of the browser, 15 digits.
  product(channel, row, column) {
    const { top, left } = this.corner()
    return this.input(channel, row + top, column + left) * this.weight(channel, row, column)
  }

  input(channel, row, column) {
    return this.inputs[(channel * this.tall + row) * this.broad + column]
  }

  weight(channel, row, column) {
    return this.weights[(channel * this.high + row) * this.wide + column]
  }

  sumOf(part) {
    const channel = this.byChannel ? part : 0
    const rows = this.byChannel || this.slides ? [...Array(this.high).keys()] : [part]
    let sum = 0
    for (const row of rows) for (let column = 0; column < this.wide; column++) sum += this.product(channel, row, column)
    return sum
  }

  strongest() {
    const sizes = Array.from({ length: this.parts }, (_, i) => Math.abs(this.sumOf(i)))
    return sizes.indexOf(Math.max(...sizes))
  }

  draw() {
    const { data, high, wide, tall, broad } = this
    const channel = this.byChannel ? this.added - 1 : 0
    const of = this.byChannel ? `, channel ${channel}` : ""
    const products = new Float64Array(high * wide).map((_, i) => this.product(channel, Math.floor(i / wide), i % wide))
    const grey = !this.inputs.some((value) => value < 0)
    const part = (values, size) => values.subarray(channel * size, (channel + 1) * size)
    this.paint("inputs", part(this.inputs, tall * broad), tall, broad, `Input${of}`, grey)
    this.paint("weights", part(this.weights, high * wide), high, wide, `× weight${of}`)
    this.paint("products", products, high, wide, "= product")
    this.paint("outputs", this.outputs, this.down, this.across, `Output of ${data.name}`)
    const all = Array.from({ length: this.parts }, (_, i) => this.sumOf(i))
    this.bars(all)
    const { top, left } = this.corner()
    const window = this.find(".window")
    window.hidden = !this.slides
    box(window, top / tall, left / broad, high / tall, wide / broad)
    box(this.find(".here"), this.place[0] / this.down, this.place[1] / this.across, 1 / this.down, 1 / this.across)
    for (const [name, height, width, y, x] of [["inputs", tall, broad, top, left], ["weights", high, wide, 0, 0], ["products", high, wide, 0, 0]]) {
      const at = this.find(`.${name} .at`)
      at.hidden = !this.at
      if (this.at) box(at, (this.at[0] + y) / height, (this.at[1] + x) / width, 1 / height, 1 / width)
    }
    const picked = this.find(".picked")
    picked.hidden = !data.picked || data.picked[0] !== channel
    if (data.picked) box(picked, data.picked[1] / high, data.picked[2] / wide, 1 / high, 1 / wide)
    this.find(".products .rest").style.height = this.byChannel || this.slides ? 0 : `${100 * (1 - this.added / this.parts)}%`
    this.find(".sums .rest").style.height = `${100 * (1 - this.added / this.parts)}%`
    this.terms(channel)
    this.total(all)
    this.say(channel)
  }

  paint(name, values, height, width, title, grey = false) {
    const canvas = this.find(`.${name} canvas`)
    const ink = new ImageData(width, height)
    const bound = this.scales[name]
    values.forEach((value, i) => {
      const share = bound ? value / bound : 0
      const end = grey ? BLACK : share < 0 ? BLUE : RED
      for (let c = 0; c < 3; c++) ink.data[4 * i + c] = WHITE[c] + (end[c] - WHITE[c]) * Math.min(1, Math.abs(share))
      ink.data[4 * i + 3] = 255
    })
    ;[canvas.width, canvas.height] = [width, height]
    canvas.getContext("2d").putImageData(ink, 0, 0)
    canvas.setAttribute("aria-label", `${title}: ${height} by ${width} numbers`)
    this.find(`.${name} figcaption`).textContent = title
  }

  bars(all) {
    const canvas = this.find(".sums canvas")
    ;[canvas.width, canvas.height] = [2 * BAR + 1, this.parts]
    const bound = largest(all) || 1
    const pen = canvas.getContext("2d")
    pen.fillStyle = `rgb(${WHITE})`
    pen.fillRect(0, 0, canvas.width, canvas.height)
    all.forEach((sum, i) => {
      pen.fillStyle = `rgb(${sum < 0 ? BLUE : RED})`
      const length = (BAR * sum) / bound
      pen.fillRect(BAR + 0.5, i, length, 1)
    })
    // As high as the products, so that each bar lies beside its row.
    canvas.style.aspectRatio = `${this.wide} / ${this.high}`
    const kind = this.byChannel ? "channel" : "row"
    canvas.setAttribute("aria-label", `A bar for the sum of each ${kind}, from ${number(Math.min(...all))} to ${number(Math.max(...all))}`)
  }

  terms(channel) {
    this.find(".terms").hidden = !this.slides || this.high * this.wide > MOST_TERMS
    if (this.find(".terms").hidden) return
    const table = this.find(".terms table")
    table.replaceChildren()
    const { top, left } = this.corner()
    table.setAttribute("aria-label", `Input times weight at this place${this.byChannel ? `, channel ${channel}` : ""}`)
    for (let row = 0; row < this.high; row++) {
      const line = table.insertRow()
      for (let column = 0; column < this.wide; column++) {
        const cell = line.insertCell()
        const [x, w] = [this.input(channel, row + top, column + left), this.weight(channel, row, column)]
        cell.append(`${number(x)} × ${bracketed(w)}`, element("b", `= ${number(x * w)}`))
      }
    }
  }

  total(all) {
    const { parts, added, data } = this
    const add = (from, to) => all.slice(from, to).reduce((sum, value) => sum + value, 0)
    const count = this.channels * this.high * this.wide
    const kind = this.byChannel ? "Channel" : "Row"
    const span = (from, to) => (to - from === 1 ? `${kind} ${from}` : `${kind}s ${from} to ${to - 1}`)
    const [sum, torch] = [add(0, parts) + data.bias, this.outputs[this.place[0] * this.across + this.place[1]]]
    const lines =
      parts === 1
        ? [[`Sum of the ${count} products`, add(0, 1)]]
        : [[span(0, added), add(0, added)], [added < parts ? span(added, parts) : "Nothing is left", add(added, parts)]]
    const table = this.find(".total")
    table.replaceChildren()
    for (const [name, value] of [...lines, ["Bias", data.bias], ["All together", sum], ["What PyTorch gives", torch]]) {
      const line = table.insertRow()
      const head = line.appendChild(element("th", name))
      head.scope = "row"
      line.insertCell().textContent = number(value)
      line.className = name === "All together" ? "strong" : ""
    }
    this.slide.value = this.place[0] * this.across + this.place[1]
    this.slide.setAttribute("aria-valuetext", `row ${this.place[0]}, column ${this.place[1]} of the output: ${number(torch)}`)
    this.upto.value = added
    this.upto.setAttribute("aria-valuetext", `${span(0, added)}: ${number(add(0, added))}`)
    this.find(".what").textContent = this.byChannel ? `Channels added up: ${added} of ${parts}` : `Rows added up: ${added} of ${parts}`
  }

  say(channel) {
    const said = this.find(".said")
    if (this.at) {
      const [row, column] = this.at
      const { top, left } = this.corner()
      const [x, w] = [this.input(channel, row + top, column + left), this.weight(channel, row, column)]
      const where = this.data.units ? `Unit ${row * this.wide + column}` : `Row ${row}, column ${column}`
      said.textContent = `${where}: ${number(x)} × ${bracketed(w)} = ${number(x * w)}`
    } else {
      const pick = this.data.picks ? " Click a weight, or press Enter on it, to change it." : ""
      said.textContent = `Point at a pixel, tap it, or use the Tab and arrow keys, to read a product.${pick}`
    }
  }

  go(row, column) {
    this.place = [clamp(row, this.down), clamp(column, this.across)]
    this.draw()
  }

  add(count) {
    this.added = count
    this.draw()
  }

  point(row, column) {
    this.at = [clamp(row, this.high), clamp(column, this.wide)]
    this.draw()
  }

  pick() {
    if (this.data.picks && this.at) this.send([this.byChannel ? this.added - 1 : 0, ...this.at])
  }

  play() {
    const button = this.find(".where button")
    const last = this.down * this.across - 1
    let place = this.place[0] * this.across + this.place[1]
    if (place === last) place = -1
    this.timer = setInterval(() => {
      if (place === last || !button.isConnected) return this.stop()
      place += 1
      this.go(Math.floor(place / this.across), place % this.across)
    }, TICK)
    button.textContent = "Stop"
  }

  stop() {
    clearInterval(this.timer)
    this.timer = null
    this.find(".where button").textContent = "Slide"
  }
}

function unpack(text) {
  return new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer)
}

function largest(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}

function placeOf(event, canvas, height, width) {
  const area = canvas.getBoundingClientRect()
  const at = (share, count) => clamp(Math.floor(share * count), count)
  return [at((event.clientY - area.top) / area.height, height), at((event.clientX - area.left) / area.width, width)]
}

function box(element, top, left, height, width) {
  for (const [name, share] of Object.entries({ top, left, height, width })) element.style[name] = `${100 * share}%`
}

function element(tag, text) {
  const made = document.createElement(tag)
  made.textContent = text
  return made
}
