// Tensors as grids. Streamlit calls the default export on every rerun: the tables are built anew only when their form
// changes. A place is the number of a cell, counted row by row from 0 through all planes.

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }
const sheets = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  if (!sheets.has(parentElement)) sheets.set(parentElement, new Sheet(parentElement))
  sheets.get(parentElement).show(data, (selection) => setStateValue("selection", selection))
}

class Sheet {
  constructor(root) {
    this.area = root.querySelector(".grids")
    this.said = root.querySelector(".said")
    this.place = 0 // the cell that the keyboard stands on
    this.pointed = false
    this.sent = 0
    for (const way of ["pointerover", "pointerdown", "focusin"]) this.area.addEventListener(way, (event) => this.point(event))
    this.area.addEventListener("pointerdown", (event) => this.start(event))
    this.area.addEventListener("pointermove", (event) => this.drag(event))
    for (const way of ["pointerup", "pointercancel"]) this.area.addEventListener(way, () => this.finish())
    this.area.addEventListener("keydown", (event) => this.move(event))
  }

  show(data, send) {
    const form = JSON.stringify([data.signs, data.select, data.links.length > 0, ...data.grids.map(formOf)])
    this.data = data
    this.send = send
    if (form !== this.form) this.build()
    this.form = form
    data.grids.forEach((grid, number) => this.fill(grid, number))
    if (this.live.length) {
      this.place = Math.min(this.place, this.live.length - 1)
      this.live[this.place].tabIndex = 0
    }
    if (data.links.length && this.pointed) this.mark(this.place)
    else this.said.textContent = data.hint
  }

  build() {
    const { grids, signs, links, select } = this.data
    this.pointed = false
    this.place = 0
    this.area.replaceChildren()
    this.cells = grids.map((grid, number) => {
      if (number && signs[number - 1]) this.area.append(element("span", signs[number - 1], "sign"))
      return this.figure(grid, number === grids.length - 1 && (links.length > 0 || select))
    })
    this.live = links.length || select ? this.cells.at(-1) : []
    this.columns = grids.at(-1).cells[0][0].length
    this.rows = grids.at(-1).cells[0].length
  }

  figure(grid, live) {
    const figure = element("figure")
    const caption = element("figcaption")
    const planes = element("div", "", "planes")
    caption.append(element("b"), element("span"))
    const cells = grid.cells.flatMap((plane, number, all) => {
      const table = planes.appendChild(element("table", "", this.data.select ? "select" : ""))
      if (live) table.setAttribute("role", "grid")
      if (grid.columns) {
        const head = table.createTHead().insertRow()
        if (grid.rows) head.append(element("td", all.length > 1 ? `[${number}]` : "", "corner"))
        head.append(...grid.columns.map((text) => heading(text, "col")))
      }
      const body = table.createTBody()
      return plane.flatMap((line, row) => {
        const tr = body.insertRow()
        if (grid.rows) tr.append(heading(grid.rows[row], "row"))
        return line.map(() => tr.insertCell())
      })
    })
    if (live) for (const cell of cells) cell.tabIndex = -1
    else planes.tabIndex = line(grid).length > 6 ? 0 : -1 // what scrolls must be reached with the keyboard
    figure.append(caption, planes)
    this.area.append(figure)
    return cells
  }

  fill(grid, number) {
    const [caption, planes] = this.area.querySelectorAll("figure")[number].children
    caption.firstChild.textContent = grid.name
    caption.lastChild.textContent = grid.note
    caption.hidden = !grid.name && !grid.note
    planes.querySelectorAll("table").forEach((table, plane, all) => {
      const which = all.length > 1 ? `, number ${plane}` : ""
      table.setAttribute("aria-label", `${grid.name || "numbers"} ${grid.note}${which}`)
    })
    const texts = grid.cells.flat(2)
    this.cells[number].forEach((cell, place) => {
      cell.textContent = texts[place]
      cell.className = grid.looks[place]
      if (this.live[place] === cell) cell.classList.add("live")
      if (this.data.select) cell.setAttribute("aria-selected", cell.classList.contains("lit"))
      if (grid.shades) shade(cell, grid.shades[place])
      else cell.removeAttribute("style")
    })
    const lit = planes.querySelector(".lit")
    if (lit) planes.scrollLeft = lit.offsetLeft - planes.clientWidth / 2 // scrolls the grid only, never the page
  }

  placeOf(event) {
    return this.live.indexOf(event.target.closest?.("td"))
  }

  // Pointing: lights where a number comes from.

  point(event) {
    const place = this.placeOf(event)
    if (place >= 0 && this.data.links.length) this.mark(place)
  }

  mark(place) {
    for (const cell of this.area.querySelectorAll(".on, .from")) cell.classList.remove("on", "from")
    this.stand(place)
    this.pointed = true
    this.live[place].classList.add("on")
    const link = this.data.links[place]
    link.lit.forEach((places, number) => places.forEach((from) => this.cells[number][from].classList.add("from")))
    this.said.textContent = link.says
  }

  stand(place) {
    this.live[this.place].tabIndex = -1
    this.place = place
    this.live[place].tabIndex = 0
  }

  // Selecting: a rectangle between two corners in one plane.

  start(event) {
    const place = this.placeOf(event)
    if (place < 0 || !this.data.select || event.button) return
    event.preventDefault()
    this.area.setPointerCapture(event.pointerId)
    this.live[place].focus({ preventScroll: true })
    this.dragging = true
    this.first = place
    this.pick(place)
  }

  drag(event) {
    if (!this.dragging) return
    const under = this.area.getRootNode().elementFromPoint(event.clientX, event.clientY)
    const place = this.live.indexOf(under?.closest("td"))
    if (place >= 0 && place !== this.last) this.pick(place)
  }

  finish() {
    if (!this.dragging) return
    this.dragging = false
    this.live[this.last].focus({ preventScroll: true })
    this.emit()
  }

  pick(place) {
    if (this.planeOf(place) !== this.planeOf(this.first)) return
    this.last = place
    this.stand(place)
    const [top, bottom] = [this.first, place].map((p) => Math.floor(p / this.columns)).sort((a, b) => a - b)
    const [left, right] = [this.first, place].map((p) => p % this.columns).sort((a, b) => a - b)
    this.live.forEach((cell, p) => {
      const [row, column] = [Math.floor(p / this.columns), p % this.columns]
      const inside = row >= top && row <= bottom && column >= left && column <= right
      cell.classList.remove("lit")
      cell.classList.toggle("picked", inside)
      cell.setAttribute("aria-selected", inside)
    })
  }

  planeOf(place) {
    return Math.floor(place / (this.rows * this.columns))
  }

  emit() {
    this.send({ seq: ++this.sent, first: this.first, last: this.last })
  }

  move(event) {
    const step = ARROWS[event.key]
    const old = this.placeOf(event)
    if (!step || old < 0) return
    event.preventDefault()
    const [row, column] = [Math.floor(old / this.columns) + step[0], (old % this.columns) + step[1]]
    if (column < 0 || column >= this.columns || row < 0 || row * this.columns >= this.live.length) return
    const place = row * this.columns + column
    if (this.data.select) {
      if (event.shiftKey && this.planeOf(place) !== this.planeOf(this.first ?? old)) return
      this.first = event.shiftKey ? (this.first ?? old) : place
      this.pick(place)
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.emit(), 120) // a key held down sends once
    } else this.stand(place)
    this.live[place].focus()
  }
}

function formOf(grid) {
  return [grid.cells.length, grid.cells[0].length, line(grid).length, grid.rows, grid.columns]
}

function line(grid) {
  return grid.cells[0][0]
}

function element(tag, text = "", name = "") {
  const made = document.createElement(tag)
  if (text) made.textContent = text
  if (name) made.className = name
  return made
}

function heading(text, scope) {
  const cell = element("th", text)
  cell.scope = scope
  return cell
}

function shade(cell, value) {
  cell.classList.add("shaded")
  cell.style.background = `rgb(${255 - value}, ${255 - value}, ${255 - value})`
  cell.style.color = value > 138 ? "#fff" : "#000" // white on grey 117 and black on 118 both have 4.5 to 1
}
