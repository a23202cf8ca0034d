// The drawing pad. Streamlit calls the default export on every rerun: the handlers are bound on the first call only.
// Everything is in thousandths of the pad's side, so it fits any size. What is done to the sheet is a list of strokes:
// {width, erase, points: [x, y, x, y, ...]}, {image: base64 of 28x28 bytes} that fills the pad, or {move: [x, y]} of all
// that was there before.

const UNIT = 1000
const SIZE = 140 // pixels of the side of what is sent
const EVERY = 100 // ms between updates while the pen is down
const CLOSE = 4 // a point nearer than this to the last one is left out
const MOST_POINTS = 8000
const STEP = 25 // of an arrow key that leads the pen
const PIXEL = 36 // of an arrow key that moves the drawing: one of 28
const KEYS = { e: "eraser", m: "move" } // once more: back to the pen
const WORDS = { pen: "Pen.", eraser: "Eraser.", move: "Arrow keys move the whole drawing." }
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

export default function ({ parentElement, data, setStateValue }) {
  const canvas = parentElement.querySelector("canvas")
  canvas.pad ??= createPad(parentElement, canvas)
  canvas.pad.refresh(data, (drawing) => setStateValue("drawing", drawing))
  return canvas.pad.close
}

function createPad(root, canvas) {
  const screen = canvas.getContext("2d")
  const small = new OffscreenCanvas(SIZE, SIZE).getContext("2d", { willReadFrequently: true })
  const width = root.querySelector("input")
  const status = root.querySelector(".status")
  let send, nonce, color, timer, pointer
  let strokes = []
  let cleared = [] // what Undo brings back after Clear
  let stroke = null // the one being drawn
  let tool = "pen"
  let held = null // where the pointer holds the drawing that it moves, [x, y]
  let cursor = null // the keyboard's place, [x, y]
  let seq = 0

  function emit(final) {
    clearTimeout(timer)
    timer = null
    const alpha = small.getImageData(0, 0, SIZE, SIZE).data.filter((_, i) => i % 4 === 3)
    const img = btoa(Array.from(alpha, (value) => String.fromCharCode(value)).join(""))
    send({ seq: ++seq, nonce, final, size: SIZE, img, strokes })
  }

  // Draws a stroke from its point number `from` on.
  function trace(context, { width, erase, points, image }, from = 0) {
    const scale = context.canvas.width / UNIT
    if (image) return paste(context, image)
    context.globalCompositeOperation = erase ? "destination-out" : "source-over"
    context.lineWidth = width * scale
    context.lineCap = context.lineJoin = "round"
    context.beginPath()
    context.moveTo(points[2 * from] * scale + 0.01, points[2 * from + 1] * scale) // a line of no length has no dot
    for (let i = 2 * from; i < points.length; i += 2) context.lineTo(points[i] * scale, points[i + 1] * scale)
    context.stroke()
  }

  function paste(context, image) {
    const bytes = atob(image)
    const picture = new OffscreenCanvas(28, 28).getContext("2d")
    const ink = picture.createImageData(28, 28)
    for (let i = 0; i < bytes.length; i++) ink.data[4 * i + 3] = bytes.charCodeAt(i)
    picture.putImageData(ink, 0, 0)
    picture.globalCompositeOperation = "source-in"
    picture.fillStyle = context.strokeStyle
    picture.fillRect(0, 0, 28, 28)
    context.globalCompositeOperation = "source-over"
    context.imageSmoothingEnabled = false // every pixel stays a square, which scaling down brings back unchanged
    context.drawImage(picture.canvas, 0, 0, context.canvas.width, context.canvas.height)
  }

  function redraw() {
    const moves = strokes.filter((each) => each.move).map((each) => each.move)
    for (const context of [screen, small]) {
      context.clearRect(0, 0, context.canvas.width, context.canvas.height)
      const scale = context.canvas.width / UNIT
      const ahead = [0, 1].map((axis) => moves.reduce((sum, move) => sum + move[axis], 0))
      for (const each of strokes) {
        if (each.move) each.move.forEach((by, axis) => (ahead[axis] -= by))
        context.setTransform(1, 0, 0, 1, ...ahead.map((by) => by * scale))
        if (!each.move) trace(context, each)
      }
      context.resetTransform()
    }
    if (cursor && tool !== "move") showCursor()
  }

  function showCursor() {
    const scale = canvas.width / UNIT
    screen.globalCompositeOperation = "source-over"
    screen.lineWidth = canvas.width / 160
    screen.beginPath()
    screen.arc(cursor[0] * scale, cursor[1] * scale, (scale * width.value) / 2 + screen.lineWidth, 0, 7)
    screen.stroke()
  }

  function start(x, y, erase = tool === "eraser") {
    stroke = { width: Number(width.value), erase, points: [x, y] }
    strokes.push(stroke)
    for (const context of [screen, small]) trace(context, stroke)
    timer ??= setTimeout(emit, EVERY, false)
  }

  function extend(x, y) {
    const { points } = stroke
    const isClose = Math.hypot(x - points.at(-2), y - points.at(-1)) < CLOSE
    if (isClose || strokes.reduce((sum, each) => sum + (each.points?.length ?? 0) / 2, 0) >= MOST_POINTS) return
    points.push(x, y)
    for (const context of [screen, small]) trace(context, stroke, points.length / 2 - 2)
    timer ??= setTimeout(emit, EVERY, false)
  }

  // Moves all that is there; moves in a row are one, and so is what Undo takes back.
  function move(x, y) {
    if (!strokes.length) return
    if (!strokes.at(-1).move) strokes.push({ move: [0, 0] })
    const all = strokes.at(-1)
    all.move = [x, y].map((by, axis) => Math.min(UNIT, Math.max(-UNIT, all.move[axis] + by)))
    redraw()
    timer ??= setTimeout(emit, EVERY, true)
  }

  function finish() {
    pointer = held = null
    if (!stroke) return
    stroke = null
    redraw() // at once, or its edges would depend on how many events it came in
    emit(true)
  }

  function undo() {
    if (strokes.length) strokes.pop()
    else [strokes, cleared] = [cleared, []]
    changed("The last step is undone.")
  }

  function clear() {
    if (strokes.length) cleared = strokes
    strokes = []
    changed("The pad is empty.")
  }

  function changed(words) {
    stroke = pointer = held = null
    status.textContent = words
    redraw()
    emit(true)
  }

  function choose(name) {
    if (stroke) finish()
    tool = name
    for (const button of root.querySelectorAll("[data-tool]")) button.ariaPressed = button.dataset.tool === tool
    canvas.dataset.tool = tool
    status.textContent = WORDS[tool]
  }

  function place(event) {
    const box = canvas.getBoundingClientRect()
    const at = (value) => Math.min(UNIT, Math.max(0, Math.round(value * UNIT)))
    return [at((event.clientX - box.left) / box.width), at((event.clientY - box.top) / box.height)]
  }

  canvas.onpointerdown = (event) => {
    if (stroke || held || (event.button !== 0 && event.button !== 5)) return // 5 is the back end of a pen
    if (cursor) {
      cursor = null
      redraw()
    }
    pointer = event.pointerId
    canvas.setPointerCapture(pointer)
    if (tool === "move" && event.button === 0) held = place(event)
    else start(...place(event), tool === "eraser" || event.button === 5)
  }
  canvas.onpointermove = (event) => {
    if (event.pointerId !== pointer) return
    if (held) {
      const [x, y] = place(event)
      move(x - held[0], y - held[1])
      held = [x, y]
    }
    if (!stroke) return
    const events = event.getCoalescedEvents?.() ?? []
    for (const each of events.length ? events : [event]) extend(...place(each))
  }
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (event.pointerId === pointer) finish()
  }

  canvas.onkeydown = (event) => {
    const arrow = ARROWS[event.key]
    const isUndo = (event.ctrlKey || event.metaKey) && event.key === "z"
    const key = event.key.toLowerCase()
    if (!arrow && !isUndo && (event.ctrlKey || event.metaKey || !(key in KEYS || key === " "))) return
    event.preventDefault()
    event.stopPropagation() // or Streamlit and the page would act on it too
    if (pointer != null) return
    if (isUndo) return undo()
    if (arrow && tool === "move") return move(...arrow.map((by) => by * PIXEL))
    cursor ??= [UNIT / 2, UNIT / 4]
    if (arrow) {
      cursor = cursor.map((value, i) => Math.min(UNIT, Math.max(0, value + arrow[i] * STEP)))
      if (stroke) extend(...cursor)
    } else if (key === " ") {
      if (!event.repeat && tool !== "move") {
        status.textContent = stroke ? "Pen up." : "Pen down."
        if (stroke) finish()
        else start(...cursor)
      }
    } else choose(tool === KEYS[key] ? "pen" : KEYS[key])
    redraw()
  }
  canvas.onfocus = () => {
    if (!canvas.matches(":focus-visible")) return
    cursor ??= [UNIT / 2, UNIT / 4]
    redraw()
  }
  canvas.onblur = () => {
    if (pointer == null) finish()
    cursor = null
    redraw()
  }

  for (const button of root.querySelectorAll("[data-tool]")) button.onclick = () => choose(button.dataset.tool)
  root.querySelector("[data-do=undo]").onclick = undo
  root.querySelector("[data-do=clear]").onclick = clear

  function fit() {
    canvas.width = canvas.height = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio))
    screen.strokeStyle = color // a change of size resets it
    redraw()
  }
  const observer = new ResizeObserver(fit)
  observer.observe(canvas)

  return {
    refresh(data, setter) {
      send = setter
      const now = getComputedStyle(canvas).color
      const isOther = data.nonce !== nonce // the first time, or Python put something else on the pad
      if (isOther) {
        nonce = data.nonce
        cleared = strokes // Undo brings back what lay on the sheet before
        strokes = data.strokes
        stroke = pointer = held = null
      }
      if (isOther || now !== color) {
        color = now
        fit()
      }
    },
    close() {
      observer.disconnect()
      clearTimeout(timer)
    },
  }
}
