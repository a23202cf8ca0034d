// A plot with handles to drag. Streamlit calls the default export on every rerun: it is built once and refreshed.
// A position is [x, y] in the units of the axes.

const EVERY = 60 // ms between messages while a handle moves
const PATIENCE = 500 // ms to wait for Python's answer to one message before the next: it would be cut short by it
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }
const PAGES = { PageUp: 10, PageDown: -10 }

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".plot")
  root.plot ??= createPlot(root)
  root.plot.refresh(data, (message) => setStateValue("moved", message))
  return root.plot.close
}

function createPlot(root) {
  const find = (selector) => root.querySelector(selector)
  const svg = find("svg")
  let data, send, nonce, timer
  let positions = []
  let box = { left: 0, right: 1, top: 0, bottom: 1 } // of the axes, in pixels
  let drag = null // {index, dx, dy}: what is dragged, and how far from its middle it was taken
  let seq = 0
  let sent = 0 // when

  // From the units of the axes to pixels, and back.
  const share = (value, [low, high]) => (value - low) / (high - low)
  const px = (x) => box.left + share(x, data.x.range) * (box.right - box.left)
  const py = (y) => box.bottom - share(y, data.y.range) * (box.bottom - box.top)
  const value = (part, [low, high]) => low + part * (high - low)
  const toUnits = (x, y) => [
    value((x - box.left) / (box.right - box.left), data.x.range),
    value((box.bottom - y) / (box.bottom - box.top), data.y.range),
  ]

  // The position nearest to this one that a handle may take; the same as `_allowed` in Python.
  function allowed(index, position) {
    const { along } = data.handles[index]
    const [x, y] = [clamp(position[0], data.x.range), clamp(position[1], data.y.range)]
    if (along === "vertical") return [data.positions[index][0], y]
    if (along === "free") return [x, y]
    const { xs, ys } = data.lines[along]
    const on = clamp(x, [xs[0], xs.at(-1)])
    return [on, interpolate(on, xs, ys)]
  }

  function move(index, [x, y]) {
    const { step } = data.handles[index]
    const onGrid = (number) => (step ? Number((Math.round(number / step) * step).toPrecision(12)) : number)
    positions[index] = allowed(index, [onGrid(x), onGrid(y)])
    drawHandles()
    timer ??= setTimeout(tick, EVERY)
  }

  function tick() {
    timer = null
    const isAnswered = data.seq >= seq || performance.now() - sent > PATIENCE
    if (isAnswered) emit()
    else timer = setTimeout(tick, EVERY)
  }

  function emit() {
    clearTimeout(timer)
    timer = null
    sent = performance.now()
    seq = Math.max(seq, data.seq) + 1
    send({ seq, nonce, positions })
  }

  // What stands still while a handle moves

  function draw() {
    const names = [...data.lines, ...data.points].filter((shape) => shape.name)
    find(".legend").replaceChildren(...names.map((shape) => entry(shape, data.points.includes(shape))))
    find(".legend").hidden = names.length < 2
    svg.style.height = `${data.height}px`
    find("[role=img]").setAttribute("aria-label", data.alt)
    const across = ticks(data.x.range, Math.max(3, svg.clientWidth / 80))
    const up = ticks(data.y.range, data.height / 50)
    const widest = Math.max(...up.map((tick) => text(tick).length))
    box = {
      left: 10 + 8 * widest,
      right: svg.clientWidth - 12,
      top: data.y.name ? 24 : 10,
      bottom: data.height - (data.x.name ? 42 : 24),
    }
    const inside = { x: box.left, y: box.top, width: Math.max(0, box.right - box.left), height: box.bottom - box.top }
    set(find("clipPath rect"), inside)
    find(".axes").replaceChildren(...across.flatMap(verticalTick), ...up.flatMap(horizontalTick), ...axisNames())
    find(".lines").replaceChildren(...data.lines.map(path))
    find(".points").replaceChildren(...data.points.flatMap(dots))
    drawHandles()
  }

  function verticalTick(tick) {
    const x = px(tick)
    return [
      make("line", { x1: x, x2: x, y1: box.top, y2: box.bottom, class: tick ? "grid" : "zero" }),
      label(text(tick), { x, y: box.bottom + 16, "text-anchor": "middle" }),
    ]
  }

  function horizontalTick(tick) {
    const y = py(tick)
    return [
      make("line", { x1: box.left, x2: box.right, y1: y, y2: y, class: tick ? "grid" : "zero" }),
      label(text(tick), { x: box.left - 6, y: y + 4, "text-anchor": "end" }),
    ]
  }

  function axisNames() {
    const middle = (box.left + box.right) / 2
    return [
      label(data.x.name, { x: middle, y: data.height - 6, "text-anchor": "middle" }),
      label(data.y.name, { x: 0, y: 12 }),
    ]
  }

  function path({ xs, ys, color, dashed, width }) {
    let d = ""
    let isDrawing = false
    xs.forEach((x, i) => {
      const isPoint = x !== null && ys[i] !== null
      if (isPoint) d += `${isDrawing ? "L" : "M"}${px(x).toFixed(1)} ${far(py(ys[i])).toFixed(1)}`
      isDrawing = isPoint
    })
    return make("path", { d, stroke: color, "stroke-width": width, "stroke-dasharray": dashed ? "6 5" : "none" })
  }

  function dots({ name, xs, ys, color }) {
    const isInside = (x, y) => x !== null && y !== null && x === clamp(x, data.x.range) && y === clamp(y, data.y.range)
    return xs.flatMap((x, i) => {
      if (!isInside(x, ys[i])) return []
      const dot = make("circle", { cx: px(x), cy: py(ys[i]), r: 5, fill: color })
      const title = make("title")
      title.textContent = `${name} ${pair(x, ys[i])}`.trim()
      dot.append(title)
      return [dot]
    })
  }

  // Far outside is as good as infinitely far, and browsers draw only so far.
  const far = (pixels) => Math.min(1e5, Math.max(-1e5, pixels))

  // The handles

  function buildHandles() {
    const group = find(".handles")
    while (group.children.length > data.handles.length) group.lastElementChild.remove()
    while (group.children.length < data.handles.length) group.append(createHandle(group.children.length))
  }

  function createHandle(index) {
    const handle = make("g", { class: "handle", role: "slider", tabindex: 0 })
    handle.append(
      make("circle", { r: 22, fill: "transparent" }), // for a finger
      make("circle", { r: 13, class: "ring" }),
      make("circle", { r: 8, class: "dot" }),
      make("text", { "aria-hidden": true }),
    )
    // Anywhere else on the plot a finger scrolls the page. `touch-action` does not count on a group of shapes.
    handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false })
    handle.onpointerdown = (event) => {
      if (drag || event.button !== 0) return
      event.preventDefault() // or text would be selected
      handle.focus({ preventScroll: true })
      handle.setPointerCapture(event.pointerId)
      const [x, y] = place(event)
      drag = { index, pointer: event.pointerId, dx: px(positions[index][0]) - x, dy: py(positions[index][1]) - y }
    }
    handle.onpointermove = (event) => {
      if (drag?.pointer !== event.pointerId) return
      const [x, y] = place(event)
      move(index, toUnits(x + drag.dx, y + drag.dy))
    }
    handle.onpointerup = handle.onpointercancel = (event) => {
      if (drag?.pointer !== event.pointerId) return
      drag = null
      emit()
    }
    handle.onkeydown = (event) => {
      const to = byKey(event, index)
      if (!to) return
      event.preventDefault()
      event.stopPropagation() // or Streamlit would act on it too
      move(index, to)
    }
    return handle
  }

  function place(event) {
    const { left, top } = svg.getBoundingClientRect()
    return [event.clientX - left, event.clientY - top]
  }

  // Where a key takes a handle; a handle with one way to go takes up and right as more, down and left as less.
  function byKey(event, index) {
    const { along, step } = data.handles[index]
    const [x, y] = positions[index]
    const isVertical = along === "vertical"
    if (event.ctrlKey || event.metaKey || event.altKey) return null
    if (event.key === "Home") return isVertical ? [x, data.y.range[0]] : [data.x.range[0], y]
    if (event.key === "End") return isVertical ? [x, data.y.range[1]] : [data.x.range[1], y]
    const times = event.shiftKey ? 10 : 1
    const [right, up] = event.key in PAGES ? [PAGES[event.key], 0] : (ARROWS[event.key] ?? [0, 0]).map((n) => n * times)
    if (!right && !up) return null
    const pace = ([low, high]) => Math.max(step, (high - low) / 100)
    if (along === "free") return [x + right * pace(data.x.range), y + up * pace(data.y.range)]
    const more = right || up
    return isVertical ? [x, y + more * pace(data.y.range)] : [x + more * pace(data.x.range), y]
  }

  function drawHandles() {
    data.handles.forEach(({ name, along, color }, index) => {
      const [x, y] = positions[index]
      const handle = find(".handles").children[index]
      const [range, now] = along === "vertical" ? [data.y.range, y] : [data.x.range, x]
      set(handle, {
        transform: `translate(${px(x)} ${far(py(y))})`,
        "aria-label": name,
        "aria-valuemin": range[0],
        "aria-valuemax": range[1],
        "aria-valuenow": now,
        "aria-valuetext": `x ${text(x)}, y ${text(y)}`,
      })
      handle.querySelector(".dot").setAttribute("fill", color)
      const part = share(x, data.x.range)
      const words = handle.querySelector("text")
      words.textContent = `${name} ${pair(x, y)}`
      set(words, {
        y: py(y) < box.top + 30 ? 28 : -18,
        "text-anchor": part < 0.3 ? "start" : part > 0.7 ? "end" : "middle",
      })
    })
  }

  const observer = new ResizeObserver(() => data && draw())
  observer.observe(svg)

  return {
    refresh(next, setter) {
      send = setter
      data = next
      const isPlaced = data.nonce !== nonce || data.handles.length !== positions.length
      if (isPlaced) {
        nonce = data.nonce
        positions = data.positions
        drag = null
        clearTimeout(timer)
        timer = null
      }
      buildHandles()
      positions = positions.map((position, index) => allowed(index, position))
      draw()
    },
    close() {
      observer.disconnect()
      clearTimeout(timer)
    },
  }
}

function interpolate(x, xs, ys) {
  const after = Math.min(xs.length - 1, Math.max(1, xs.findIndex((each) => each >= x)))
  const part = (x - xs[after - 1]) / (xs[after] - xs[after - 1])
  return ys[after - 1] + part * (ys[after] - ys[after - 1])
}

function ticks([low, high], most) {
  const rough = (high - low) / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5].find((times) => times * power >= rough) ?? 10)
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)]
  return Array.from({ length: last - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(12)))
}

const clamp = (value, [low, high]) => Math.min(high, Math.max(low, value))
const text = (value) => String(Number(value.toPrecision(4))).replace("-", "−")
const pair = (x, y) => `(${text(x)}, ${text(y)})`

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  return element
}

function make(name, attributes = {}) {
  return set(document.createElementNS("http://www.w3.org/2000/svg", name), attributes)
}

function label(words, attributes) {
  const element = make("text", attributes)
  element.textContent = words
  return element
}

function entry({ name, color, dashed }, isDots) {
  const element = document.createElement("span")
  element.textContent = name
  element.className = isDots ? "dots" : ""
  element.style.setProperty("--color", color)
  if (dashed) element.style.setProperty("--dashes", "dashed")
  return element
}
