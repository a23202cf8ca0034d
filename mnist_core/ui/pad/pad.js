// The drawing pad. Streamlit calls the default export on every rerun: the handlers are bound on the first call only.
// A stroke is {width, erase, points: [x, y, x, y, ...]} in thousandths of the pad's side, so it fits any size.

const UNIT = 1000
const SIZE = 140 // pixels of the side of what is sent
const EVERY = 100 // ms between updates while the pen is down
const CLOSE = 4 // a point nearer than this to the last one is left out
const MOST_POINTS = 8000
const STEP = 25 // of an arrow key
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
  let erasing = false
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
  function trace(context, { width, erase, points }, from = 0) {
    const scale = context.canvas.width / UNIT
    context.globalCompositeOperation = erase ? "destination-out" : "source-over"
    context.lineWidth = width * scale
    context.lineCap = context.lineJoin = "round"
    context.beginPath()
    context.moveTo(points[2 * from] * scale + 0.01, points[2 * from + 1] * scale) // a line of no length has no dot
    for (let i = 2 * from; i < points.length; i += 2) context.lineTo(points[i] * scale, points[i + 1] * scale)
    context.stroke()
  }

  function redraw() {
    for (const context of [screen, small]) {
      context.clearRect(0, 0, context.canvas.width, context.canvas.height)
      for (const each of strokes) trace(context, each)
    }
    if (cursor) showCursor()
  }

  function showCursor() {
    const scale = canvas.width / UNIT
    screen.globalCompositeOperation = "source-over"
    screen.lineWidth = canvas.width / 160
    screen.beginPath()
    screen.arc(cursor[0] * scale, cursor[1] * scale, (scale * width.value) / 2 + screen.lineWidth, 0, 7)
    screen.stroke()
  }

  function start(x, y, erase = erasing) {
    stroke = { width: Number(width.value), erase, points: [x, y] }
    strokes.push(stroke)
    for (const context of [screen, small]) trace(context, stroke)
    timer ??= setTimeout(emit, EVERY, false)
  }

  function extend(x, y) {
    const { points } = stroke
    const isClose = Math.hypot(x - points.at(-2), y - points.at(-1)) < CLOSE
    if (isClose || strokes.reduce((sum, each) => sum + each.points.length / 2, 0) >= MOST_POINTS) return
    points.push(x, y)
    for (const context of [screen, small]) trace(context, stroke, points.length / 2 - 2)
    timer ??= setTimeout(emit, EVERY, false)
  }

  function finish() {
    if (!stroke) return
    stroke = pointer = null
    cleared = []
    redraw() // at once, or its edges would depend on how many events it came in
    emit(true)
  }

  function undo() {
    if (strokes.length) strokes.pop()
    else [strokes, cleared] = [cleared, []]
    changed("The last stroke is undone.")
  }

  function clear() {
    if (strokes.length) cleared = strokes
    strokes = []
    changed("The pad is empty.")
  }

  function changed(words) {
    stroke = pointer = null
    status.textContent = words
    redraw()
    emit(true)
  }

  function choose(tool) {
    erasing = tool === "eraser"
    for (const button of root.querySelectorAll("[data-tool]")) button.ariaPressed = button.dataset.tool === tool
    status.textContent = erasing ? "Eraser." : "Pen."
  }

  function place(event) {
    const box = canvas.getBoundingClientRect()
    const at = (value) => Math.min(UNIT, Math.max(0, Math.round(value * UNIT)))
    return [at((event.clientX - box.left) / box.width), at((event.clientY - box.top) / box.height)]
  }

  canvas.onpointerdown = (event) => {
    if (stroke || (event.button !== 0 && event.button !== 5)) return // 5 is the back end of a pen
    if (cursor) {
      cursor = null
      redraw()
    }
    pointer = event.pointerId
    canvas.setPointerCapture(pointer)
    start(...place(event), erasing || event.button === 5)
  }
  canvas.onpointermove = (event) => {
    if (!stroke || event.pointerId !== pointer) return
    const events = event.getCoalescedEvents?.() ?? []
    for (const each of events.length ? events : [event]) extend(...place(each))
  }
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (event.pointerId === pointer) finish()
  }

  canvas.onkeydown = (event) => {
    const arrow = ARROWS[event.key]
    const isUndo = (event.ctrlKey || event.metaKey) && event.key === "z"
    if (!arrow && !isUndo && (event.ctrlKey || event.metaKey || !" eE".includes(event.key))) return
    event.preventDefault()
    event.stopPropagation() // or Streamlit and the page would act on it too
    if (pointer != null) return
    if (isUndo) return undo()
    cursor ??= [UNIT / 2, UNIT / 4]
    if (arrow) {
      cursor = cursor.map((value, i) => Math.min(UNIT, Math.max(0, value + arrow[i] * STEP)))
      if (stroke) extend(...cursor)
    } else if (event.key === " ") {
      if (!event.repeat) {
        status.textContent = stroke ? "Pen up." : "Pen down."
        if (stroke) finish()
        else start(...cursor)
      }
    } else choose(erasing ? "pen" : "eraser")
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
        strokes = data.strokes
        cleared = []
        stroke = pointer = null
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
