// The seven steps: one is lit, with its line of code, its numbers and its picture.

const PACE = 2200 // ms a moment

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".stages")
  root.view ??= createView(parentElement)
  root.view.show(data, (rest) => setStateValue("rest", rest))
  return root.view.close
}

function createView(root) {
  const find = (selector) => root.querySelector(selector)
  const curve = createPanel(find("[data-panel=curve]"))
  const player = createPlayer(root, draw, (at) => describe(at))
  let data, times

  function show(fresh, setter) {
    if (!player.show(fresh, fresh.moments.length, "Moment", PACE, setter)) return
    data = fresh
    const stages = data.stages.map((name) => Object.assign(document.createElement("li"), { textContent: name }))
    const back = Object.assign(document.createElement("li"), { className: "back", ariaHidden: "true" })
    find(".stages").replaceChildren(...stages, back)
    times = data.points.map(([t]) => t)
    curve.draw({ ...room(times, 0.04), name: "time" }, { ...room(data.points.map(([, s]) => s), 0.25), name: "speed" })
    curve.still.replaceChildren()
    for (const [t, s] of data.points) el(curve.still, "circle", { class: "measured", cx: curve.left(t), cy: curve.top(s), r: 3.5 })
    player.move(data.at)
  }

  const fit = (params) => curve.line(parabola(params, Math.min(...times), Math.max(...times)))

  function draw(at) {
    const { step, title, code, words, params, before } = data.moments[at]
    ;[...find(".stages").children].forEach((stage, i) => {
      if (i === step) stage.setAttribute("aria-current", "step")
      else stage.removeAttribute("aria-current")
    })
    find("h3").textContent = title
    find("code").textContent = code
    find(".numbers").textContent = words
    curve.moving.replaceChildren()
    if (step === 2) data.points.forEach((point) => gap(point, params)) // the distances that the loss is made of
    if (before) el(curve.moving, "path", { class: "ghost", d: fit(before) })
    if (step > 0) el(curve.moving, "path", { class: "fit", d: fit(params) })
    curve.svg.setAttribute("aria-label", step ? "The measured points and the curve of this moment." : "The measured points.")
  }

  function gap([t, speed], [a, b, c]) {
    if (c === null) return
    const [x, y] = [curve.left(t), curve.top(a * t * t + b * t + c)]
    if (Math.abs(y) < FAR) el(curve.moving, "line", { class: "gap", x1: x, x2: x, y1: curve.top(speed), y2: y })
  }

  const describe = (at) => `${data.moments[at].title}. ${data.moments[at].words}`

  return { show, close: player.close }
}
