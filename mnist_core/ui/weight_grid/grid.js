// The grid of weight images. Streamlit calls the default export on every rerun: the grid is built once and refreshed.

const BLUE = [33, 102, 172], WHITE = [247, 247, 247], RED = [178, 24, 43]
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }
const size = (value) => (value < 1e4 ? value.toFixed(4) : value.toExponential(3))
const signed = (value) => (value < 0 ? "−" : "+") + size(Math.abs(value))

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".images")
  root.grid ??= createGrid(parentElement, root)
  root.grid(data)
}

function createGrid(parent, root) {
  const said = parent.querySelector(".said")
  let values, names, what, height, width
  let at = null // the pixel that is read, [row, column]

  function refresh(data) {
    const [count, h, w] = data.shape
    values = new Float32Array(Uint8Array.from(atob(data.values), (c) => c.charCodeAt(0)).buffer)
    if (h !== height || w !== width) at = null
    ;[names, what, height, width] = [data.names, data.what, h, w]
    while (root.children.length > count) root.lastElementChild.remove()
    while (root.children.length < count) root.append(figure())
    root.style.setProperty("--least", count < 3 ? "280px" : "130px")
    root.style.setProperty("--share", ["100%", "45%"][count - 1] ?? "30%")
    const bound = data.scale || values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1
    parent.querySelector(".low").textContent = signed(-bound)
    parent.querySelector(".high").textContent = signed(bound)
    for (let i = 0; i < count; i++) paint(i, bound)
    read()
  }

  function figure() {
    const element = document.createElement("figure")
    element.innerHTML = '<canvas tabindex="0" role="img"></canvas><figcaption><span></span><output></output></figcaption>'
    const canvas = element.firstElementChild
    const point = (event) => {
      const box = canvas.getBoundingClientRect()
      const inside = (share, most) => Math.min(most - 1, Math.max(0, Math.floor(share * most)))
      at = [inside((event.clientY - box.top) / box.height, height), inside((event.clientX - box.left) / box.width, width)]
      read()
    }
    canvas.addEventListener("pointermove", point)
    canvas.addEventListener("pointerdown", point)
    canvas.addEventListener("keydown", (event) => {
      const step = ARROWS[event.key]
      if (!step) return
      event.preventDefault()
      const [row, column] = at ?? [height >> 1, width >> 1]
      at = [Math.min(height - 1, Math.max(0, row + step[0])), Math.min(width - 1, Math.max(0, column + step[1]))]
      read([...root.children].indexOf(element))
    })
    return element
  }

  function paint(i, bound) {
    const [canvas, caption] = root.children[i].children
    ;[canvas.width, canvas.height] = [width, height]
    canvas.setAttribute("aria-label", `${what[0].toUpperCase()}${what.slice(1)} of ${names[i]}, ${height} by ${width}`)
    caption.firstElementChild.textContent = names[i]
    const pixels = new ImageData(width, height)
    for (let j = 0; j < height * width; j++) {
      const value = Math.max(-1, Math.min(1, values[i * height * width + j] / bound))
      const end = value < 0 ? BLUE : RED
      for (let c = 0; c < 3; c++) pixels.data[4 * j + c] = WHITE[c] + (end[c] - WHITE[c]) * Math.abs(value)
      pixels.data[4 * j + 3] = 255
    }
    canvas.getContext("2d").putImageData(pixels, 0, 0)
  }

  function read(focused = null) {
    const outputs = root.querySelectorAll("output")
    outputs.forEach((output, i) => {
      output.textContent = at ? signed(values[(i * height + at[0]) * width + at[1]]) : ""
    })
    if (!at) {
      said.textContent = `Point at a pixel, or use the arrow keys on an image, to read its ${what}.`
      return
    }
    const spoken = focused === null ? "" : `, ${names[focused]}: ${outputs[focused].textContent}`
    said.textContent = `Row ${at[0]}, column ${at[1]}${spoken}`
  }

  return refresh
}
