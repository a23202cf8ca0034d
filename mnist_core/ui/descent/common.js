// Shared by the pictures of Descent: a panel with axes, and a player that moves through moments.

const WIDTH = 300, HEIGHT = 236
const BOX = { left: 46, right: WIDTH - 8, top: 6, bottom: HEIGHT - 36 }
const FAR = 1e6 // pixels: what is further outside a panel is a gap

function el(parent, name, attributes = {}, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
  node.textContent = text
  parent.append(node)
  return node
}

function short(value, digits = 5) {
  if (value === null) return "too large for a 32-bit number"
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) return value.toExponential(2)
  const rounded = Number(value.toPrecision(digits))
  return size >= 1000 ? rounded.toLocaleString("en") : String(rounded)
}

// Round numbers from low to high, some four of them.
function roundNumbers(low, high) {
  const raw = (high - low) / 4
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999)
  const first = Math.ceil(low / step - 1e-9)
  const count = Math.floor(high / step + 1e-9) - first + 1
  return Array.from({ length: count }, (_, i) => (first + i) * step)
}

// The same for an axis of powers of ten, which low and high are exponents of.
function roundPowers(low, high) {
  const decades = Array.from({ length: Math.floor(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i)
  const within = (exponents) => exponents.filter((e) => e >= low && e <= high)
  const every = Math.ceil(decades.length / 5)
  const whole = within(decades).filter((_, i) => i % every === 0)
  if (whole.length > 2) return whole.map((e) => 10 ** e)
  const finer = within(decades.flatMap((e) => [0, Math.log10(2), Math.log10(5)].map((m) => e + m)))
  return finer.length > 1 ? finer.map((e) => Number((10 ** e).toPrecision(1))) : roundNumbers(10 ** low, 10 ** high)
}

function axisLabel(value) {
  const size = Math.abs(value)
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(0).replace("+", "")
  return Number(value.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 4 })
}

function createPanel(svg) {
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`)
  svg.setAttribute("role", "img")
  const [width, height] = [BOX.right - BOX.left, BOX.bottom - BOX.top]
  const clip = el(svg, "clipPath", { id: `clip-${svg.dataset.panel}` })
  el(clip, "rect", { x: BOX.left, y: BOX.top, width, height })
  const inside = { "clip-path": `url(#clip-${svg.dataset.panel})` }
  const still = el(svg, "g", inside)
  const axes = el(svg, "g")
  const moving = el(svg, "g", inside)
  let x, y

  const left = (value) => BOX.left + ((value - x.low) / (x.high - x.low)) * width
  const top = (value) => {
    const exact = y.log ? Math.log10(value) : value
    return BOX.bottom - ((exact - y.low) / (y.high - y.low)) * height
  }

  function draw(xAxis, yAxis) {
    ;[x, y] = [xAxis, yAxis]
    axes.replaceChildren()
    for (const value of roundNumbers(x.low, x.high)) {
      el(axes, "line", { class: "grid", x1: left(value), x2: left(value), y1: BOX.top, y2: BOX.bottom })
      el(axes, "text", { x: left(value), y: BOX.bottom + 14, "text-anchor": "middle" }, axisLabel(value))
    }
    for (const value of (y.log ? roundPowers : roundNumbers)(y.low, y.high)) {
      el(axes, "line", { class: "grid", x1: BOX.left, x2: BOX.right, y1: top(value), y2: top(value) })
      el(axes, "text", { x: BOX.left - 4, y: top(value) + 4, "text-anchor": "end" }, axisLabel(value))
    }
    el(axes, "rect", { class: "frame", x: BOX.left, y: BOX.top, width, height })
    el(axes, "text", { x: BOX.left + width / 2, y: HEIGHT - 6, "text-anchor": "middle" }, x.name)
    const middle = BOX.top + height / 2
    el(axes, "text", { x: 10, y: middle, "text-anchor": "middle", transform: `rotate(-90 10 ${middle})` }, y.name)
  }

  // Where in the data a pointer is; null outside the axes.
  function pointed(event) {
    const box = svg.getBoundingClientRect()
    const across = ((event.clientX - box.left) / box.width * WIDTH - BOX.left) / width
    const up = (BOX.bottom - ((event.clientY - box.top) / box.height) * HEIGHT) / height
    if (across < 0 || across > 1 || up < 0 || up > 1) return null
    return [x.low + across * (x.high - x.low), y.low + up * (y.high - y.low)]
  }

  // A pixel position; null for what is no number or far outside.
  function place([px, py]) {
    if (px === null || py === null) return null
    const found = [left(px), top(py)]
    return found.every((value) => Math.abs(value) < FAR) ? found : null
  }

  function line(points) {
    const places = points.map(place)
    return places.map((at, i) => at && `${places[i - 1] ? "L" : "M"}${at[0].toFixed(1)} ${at[1].toFixed(1)}`).join("")
  }

  return { svg, still, moving, draw, pointed, place, line, left, top, width, height }
}

// The points of a*t**2 + b*t + c over the times that a panel shows.
function parabola([a, b, c], low, high) {
  if (a === null || b === null || c === null) return []
  return Array.from({ length: 61 }, (_, i) => {
    const t = low + (i / 60) * (high - low)
    return [t, a * t * t + b * t + c]
  })
}

// The range of numbers with some room at both ends.
function room(values, share) {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const more = share * (high - low || 1)
  return { low: low - more, high: high + more }
}

// Buttons and a slider that go through moments 0 ... last; Python is told where they come to rest.
function createPlayer(root, draw, describe) {
  const find = (selector) => root.querySelector(selector)
  const range = find("input[type=range]")
  const button = (name) => find(`[data-do=${name}]`)
  let at = 0, last = 0, pace = 100, stride = 1
  let nonce, send, timer, resting

  function move(to) {
    at = Math.max(0, Math.min(last, to))
    range.value = at
    range.setAttribute("aria-valuetext", describe(at))
    for (const name of ["back", "start"]) button(name).disabled = at === 0
    for (const name of ["on", "end"]) button(name).disabled = at === last
    button("play").disabled = last === 0
    range.disabled = last === 0
    draw(at)
  }

  function pause() {
    clearTimeout(timer)
    timer = null
    button("play").textContent = "Play"
  }

  function tick() {
    move(at + stride)
    if (at < last) timer = setTimeout(tick, pace)
    else rest(pause())
  }

  function rest() {
    clearTimeout(resting)
    resting = setTimeout(() => {
      find("[role=status]").textContent = describe(at)
      send({ nonce, at })
    }, 120)
  }

  function go(to) {
    pause()
    move(to)
    rest()
  }

  button("play").onclick = () => {
    if (timer) return rest(pause())
    if (at === last) move(0)
    button("play").textContent = "Pause"
    timer = setTimeout(tick, pace)
  }
  button("back").onclick = () => go(at - 1)
  button("on").onclick = () => go(at + 1)
  button("start").onclick = () => go(0)
  button("end").onclick = () => go(last)
  range.oninput = () => go(Number(range.value))

  return {
    // Whether these are other moments than before: then the caller draws anew and moves to where Python says.
    show(data, count, label, milliseconds, setter, atOnce = 1) {
      send = setter
      if (data.nonce === nonce) return false
      pause()
      clearTimeout(resting)
      nonce = data.nonce
      last = range.max = count - 1
      pace = milliseconds
      stride = atOnce
      find("label span").textContent = label
      return true
    },
    move,
    close() {
      clearTimeout(timer)
      clearTimeout(resting)
    },
  }
}
