const SIZE = 28
const grids = new WeakMap()

export default function ({ data, parentElement }) {
  if (!grids.has(parentElement)) grids.set(parentElement, new Grid(parentElement))
  grids.get(parentElement).show(data)
}

class Grid {
  constructor(root) {
    this.find = (selector) => root.querySelector(selector)
    this.canvas = this.find("canvas")
    this.slices = root.querySelectorAll(".slice")
    this.cells = this.build(this.find("table"))
    this.row = this.column = 0
    this.pointed = false
    this.canvas.onpointermove = this.canvas.onpointerdown = (event) => {
      const box = this.canvas.getBoundingClientRect()
      const at = (position, length) => clamp(Math.floor((position / length) * SIZE))
      this.mark(at(event.clientY - box.top, box.height), at(event.clientX - box.left, box.width))
      this.reveal()
    }
    const table = this.find("table")
    for (const way of ["pointerover", "pointerdown", "focusin"]) {
      table.addEventListener(way, (event) => {
        const cell = event.target.closest("tbody td")
        if (cell) this.mark(cell.parentElement.rowIndex - 1, cell.cellIndex - 1)
      })
    }
    table.onkeydown = (event) => this.move(event)
  }

  build(table) {
    const header = table.createTHead().insertRow()
    const body = table.createTBody()
    header.append(document.createElement("td"), ...range().map((column) => heading(column, "col")))
    return range().map((row) => {
      const line = body.insertRow()
      line.append(heading(row, "row"))
      return range().map(() => {
        const cell = line.insertCell()
        cell.tabIndex = -1
        return cell
      })
    })
  }

  show(data) {
    const isNew = JSON.stringify(data.pixels) !== JSON.stringify(this.data?.pixels)
    this.data = data
    if (isNew) this.paint(data.pixels)
    this.canvas.setAttribute("aria-label", data.name)
    this.find("table").setAttribute("aria-label", `The numbers of ${data.name}`)
    this.find(".numbers").hidden = !data.numbers
    const [top, bottom] = data.rows
    const [left, right] = data.columns
    for (const box of this.slices) {
      place(box, top, left, bottom - top, right - left)
      box.hidden = !data.numbers || bottom <= top || right <= left
    }
    this.mark(this.row, this.column, this.pointed)
  }

  paint(pixels) {
    const ink = new ImageData(SIZE, SIZE)
    pixels.flat().forEach((value, i) => ink.data.set([255 - value, 255 - value, 255 - value, 255], 4 * i))
    this.canvas.getContext("2d").putImageData(ink, 0, 0)
    this.each((cell, row, column) => {
      const value = pixels[row][column]
      cell.textContent = value
      cell.style.background = `rgb(${255 - value}, ${255 - value}, ${255 - value})`
      cell.style.color = value > 138 ? "#fff" : "#000" // white on grey 117 and black on 118 both have 4.5 to 1
    })
  }

  each(visit) {
    this.cells.forEach((line, row) => line.forEach((cell, column) => visit(cell, row, column)))
  }

  mark(row, column, pointed = true) {
    const heads = (r, c) => [this.find("thead").rows[0].cells[c + 1], this.cells[r][0].parentElement.cells[0]]
    for (const old of [this.cells[this.row][this.column], ...heads(this.row, this.column)]) old.classList.remove("on")
    this.cells[this.row][this.column].tabIndex = -1
    this.row = row
    this.column = column
    this.pointed = pointed
    this.cells[row][column].tabIndex = 0
    place(this.find(".mark"), row, column, 1, 1)
    this.find(".mark").hidden = !pointed
    if (pointed) {
      for (const now of [this.cells[row][column], ...heads(row, column)]) now.classList.add("on")
    }
    this.find(".said").textContent = this.words()
  }

  words() {
    const { numbers, pixels } = this.data
    if (!this.pointed) return `Point at a pixel${numbers ? ", tap it, or use the Tab and arrow keys" : " or tap it"}.`
    const where = `Row ${this.row}, column ${this.column}`
    return numbers ? `${where}: ${pixels[this.row][this.column]}` : where
  }

  move(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }
    const ends = { Home: [this.row, 0], End: [this.row, SIZE - 1] }
    const step = steps[event.key]
    const target = step ? [this.row + step[0], this.column + step[1]] : ends[event.key]
    if (!target) return
    event.preventDefault()
    this.cells[clamp(target[0])][clamp(target[1])].focus({ preventScroll: true }) // marks it, see onfocusin
    this.reveal()
  }

  reveal() {
    // Scrolls the window of numbers only, never the page.
    const scroller = this.find(".scroller")
    const cell = this.cells[this.row][this.column]
    scroller.scrollLeft = cell.offsetLeft - (scroller.clientWidth - cell.offsetWidth) / 2
    scroller.scrollTop = cell.offsetTop - (scroller.clientHeight - cell.offsetHeight) / 2
  }
}

function range() {
  return [...Array(SIZE).keys()]
}

function clamp(value) {
  return Math.min(SIZE - 1, Math.max(0, value))
}

function heading(text, scope) {
  const cell = document.createElement("th")
  cell.scope = scope
  cell.textContent = text
  return cell
}

function place(box, top, left, height, width) {
  for (const [name, pixels] of Object.entries({ top, left, height, width })) box.style.setProperty(`--${name}`, pixels)
}
