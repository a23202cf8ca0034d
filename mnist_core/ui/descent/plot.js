// A run, or two: the curve, the loss and the path over the loss surface, moving together.

const LABELS = { step: "Step", epoch: "Moment" }
const FINE = 164 // pixels of the side of the surface's picture
const BANDS = 14
const LOW = [252, 252, 252], HIGH = [140, 146, 156] // of the surface; paths have a white halo where it is dark

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".panels")
  root.view ??= createView(parentElement)
  root.view.show(data, (rest) => setStateValue("rest", rest))
  return root.view.close
}

function createView(root) {
  const panel = (name) => createPanel(root.querySelector(`[data-panel=${name}]`))
  const [curve, loss, surface] = [panel("curve"), panel("loss"), panel("surface")]
  const lines = root.querySelector(".lines")
  const read = root.querySelector(".read")
  const player = createPlayer(root, draw, (at) => describe(at))
  let data, losses, tracks

  function show(fresh, setter) {
    const count = fresh.ticks.length
    const pace = Math.max(40, Math.min(250, 4000 / count)) // some four seconds for a run
    if (!player.show(fresh, count, LABELS[fresh.unit], pace, setter, Math.ceil(count / 101))) return
    data = fresh
    losses = new Float32Array(Uint8Array.from(atob(data.surface.losses), (c) => c.charCodeAt(0)).buffer)
    read.textContent = ""
    drawCurve()
    drawLoss()
    drawSurface()
    lines.replaceChildren(...data.paths.map((path) => stateLine(path)))
    for (const each of [curve, loss, surface]) each.moving.replaceChildren()
    const halos = el(surface.moving, "g") // under all paths, or one path's would cover the other
    tracks = data.paths.map((path) => track(path, halos))
    player.move(data.at)
  }

  function drawCurve() {
    const xs = data.points.map(([t]) => t)
    curve.draw({ ...room(xs, 0.04), name: "time" }, { ...room(data.points.map(([, s]) => s), 0.25), name: "speed" })
    curve.still.replaceChildren()
    for (const [t, s] of data.points) el(curve.still, "circle", { class: "measured", cx: curve.left(t), cy: curve.top(s), r: 3.5 })
    curve.svg.setAttribute("aria-label", data.alt)
  }

  function drawLoss() {
    const all = data.paths.flatMap((path) => path.losses).filter((value) => value > 0)
    const floor = Math.min(...all) / 20 // a batch that happens to be hit exactly would squeeze all the rest
    const seen = data.paths.flatMap((path) => path.seen).filter((value) => value > floor)
    const exponents = [...all, ...seen].map(Math.log10)
    const end = data.ticks.at(-1) || 1
    loss.draw({ low: -0.03 * end, high: 1.03 * end, name: data.unit }, { ...room(exponents, 0.08), log: true, name: "loss" })
    loss.still.replaceChildren()
    loss.svg.setAttribute("aria-label", "The loss after each step, up to the step shown.")
  }

  function drawSurface() {
    const { a, b, c, lowest } = data.surface
    surface.draw({ low: a[0], high: a[1], name: "a" }, { low: b[0], high: b[1], name: "b" })
    const place = { x: surface.left(a[0]), y: surface.top(b[1]), width: surface.width, height: surface.height }
    surface.still.replaceChildren()
    el(surface.still, "image", { ...place, href: picture(), preserveAspectRatio: "none" })
    const [x, y] = [surface.left(lowest[0]), surface.top(lowest[1])]
    el(surface.still, "path", { class: "lowest", d: `M${x - 5} ${y - 5}l10 10m0-10l-10 10` })
    root.querySelectorAll("figcaption")[2].textContent = `The loss for each a and b, where c = ${short(c, 3)}`
    const words = `The loss surface and the path over it. Its lowest point is at a ${short(lowest[0])}, b ${short(lowest[1])}.`
    surface.svg.setAttribute("aria-label", words)
  }

  // The surface in bands, light where the loss is low. Row i of the losses belongs to b number i, from below.
  function picture() {
    const n = data.surface.size
    const logs = Array.from(losses, Math.log10)
    const [low, high] = [Math.min(...logs), Math.max(...logs)]
    const canvas = document.createElement("canvas")
    canvas.width = canvas.height = FINE
    const image = new ImageData(FINE, FINE)
    for (let row = 0; row < FINE; row++) {
      const y = (1 - row / (FINE - 1)) * (n - 1), i = Math.min(n - 2, Math.floor(y))
      for (let column = 0; column < FINE; column++) {
        const x = (column / (FINE - 1)) * (n - 1), j = Math.min(n - 2, Math.floor(x))
        const between = (k) => logs[k] * (1 - x + j) + logs[k + 1] * (x - j)
        const value = between(i * n + j) * (1 - y + i) + between((i + 1) * n + j) * (y - i)
        const shade = Math.floor(((value - low) / (high - low || 1)) * (BANDS - 0.01)) / (BANDS - 1)
        const colour = LOW.map((start, k) => start + (HIGH[k] - start) * shade)
        image.data.set([...colour, 255], 4 * (row * FINE + column))
      }
    }
    canvas.getContext("2d").putImageData(image, 0, 0)
    return canvas.toDataURL()
  }

  function stateLine(path) {
    const line = document.createElement("p")
    const mark = document.createElement("i")
    mark.style.background = path.color
    line.append(mark, document.createElement("span"), document.createElement("strong"))
    return line
  }

  // The parts of the pictures that belong to one path and move.
  function track(path, halos) {
    const stroke = { class: "path", stroke: path.color }
    const dot = { r: 5, fill: path.color, stroke: "#ffffff" }
    return {
      curve: el(curve.moving, "path", stroke),
      seen: el(loss.moving, "g", { class: "seen", fill: path.color }),
      loss: el(loss.moving, "path", stroke),
      lossDot: el(loss.moving, "circle", dot),
      halo: el(halos, "path", { class: "halo" }),
      way: el(surface.moving, "path", stroke),
      marks: el(surface.moving, "g", { fill: path.color }),
      wayDot: el(surface.moving, "circle", dot),
    }
  }

  // How many of a path's points are reached at a moment.
  const reached = (path, at) => path.x.findLastIndex((x) => x <= data.ticks[at] + 1e-9)

  function draw(at) {
    data.paths.forEach((path, number) => drawPath(path, tracks[number], reached(path, at)))
    ;[...lines.children].forEach((line, number) => {
      const [, words, last] = line.children
      words.textContent = state(data.paths[number], at)
      last.textContent = lastWords(data.paths[number], at)
    })
  }

  function drawPath(path, parts, k) {
    const xs = data.points.map(([t]) => t)
    parts.curve.setAttribute("d", curve.line(parabola(path.params[k], Math.min(...xs), Math.max(...xs))))
    parts.loss.setAttribute("d", loss.line(path.losses.slice(0, k + 1).map((l, i) => [path.x[i], l])))
    const way = path.params.slice(0, k + 1).map(([a, b]) => [a, b])
    for (const part of [parts.halo, parts.way]) part.setAttribute("d", surface.line(way))
    keep(parts.marks, k, (i) => circle(parts.marks, surface, way[i], 2.5))
    keep(parts.seen, Math.min(k, path.seen.length), (i) => circle(parts.seen, loss, [path.x[i + 1], path.seen[i]], 2))
    put(parts.lossDot, loss, [path.x[k], path.losses[k]])
    put(parts.wayDot, surface, way[k])
  }

  // A group with the first `count` of its circles: later ones go, missing ones come.
  function keep(group, count, add) {
    while (group.childElementCount > count) group.lastElementChild.remove()
    for (let i = group.childElementCount; i < count; i++) add(i)
  }

  function circle(group, on, point, r) {
    put(el(group, "circle", { r }), on, point)
  }

  function put(node, on, point) {
    const at = on.place(point)
    node.setAttribute("visibility", at ? "visible" : "hidden")
    if (at) for (const [i, name] of ["cx", "cy"].entries()) node.setAttribute(name, at[i])
  }

  function state(path, at) {
    const k = reached(path, at)
    const [a, b, c] = path.params[k].map((value) => short(value, 4))
    const name = path.name ? `${path.name}, after ` : "After "
    return `${name}${k} step${k === 1 ? "" : "s"}: loss ${short(path.losses[k])}, a = ${a}, b = ${b}, c = ${c}. `
  }

  const lastWords = (path, at) => (at === data.ticks.length - 1 ? path.words : "")
  const describe = (at) => data.paths.map((path) => state(path, at) + lastWords(path, at)).join(" ")

  const nearest = (values, wanted) =>
    values.reduce((best, value, i) => (Math.abs(value - wanted) < Math.abs(values[best] - wanted) ? i : best), 0)
  const named = (path) => (path.name ? `${path.name}: ` : "")

  function readCurve([t]) {
    const [time, speed] = data.points[nearest(data.points.map(([each]) => each), t)]
    const curves = data.paths.map((path) => {
      const [a, b, c] = path.params[reached(path, current())]
      return `${named(path)}curve ${short(a * time * time + b * time + c)}`
    })
    return `Time ${short(time)}: measured speed ${short(speed)}, ${curves.join(", ")}.`
  }

  function readLoss([x]) {
    const words = data.paths.map((path) => {
      const k = nearest(path.x.slice(0, reached(path, current()) + 1), x)
      const seen = k && path.seen.length ? `, of its batch ${short(path.seen[k - 1])}` : ""
      return `${named(path)}step ${k}, loss ${short(path.losses[k])}${seen}`
    })
    return `${words.join("; ")}.`
  }

  function readSurface([a, b]) {
    const { a: as, b: bs, size } = data.surface
    const index = (value, [low, high]) => Math.round(((value - low) / (high - low)) * (size - 1))
    const exact = (i, [low, high]) => low + (i / (size - 1)) * (high - low)
    const [j, i] = [index(a, as), index(b, bs)]
    return `a ${short(exact(j, as))}, b ${short(exact(i, bs))}: loss ${short(losses[i * size + j])}.`
  }

  const current = () => Number(root.querySelector("input[type=range]").value)
  for (const [each, words] of [[curve, readCurve], [loss, readLoss], [surface, readSurface]]) {
    each.svg.onpointermove = each.svg.onpointerdown = (event) => {
      const place = each.pointed(event)
      if (place) read.textContent = words(place)
    }
  }

  return { show, close: player.close }
}
