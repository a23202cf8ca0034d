// A confusion matrix. Streamlit calls the default export on every rerun: the table is built once and refreshed.

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }

export default function ({ parentElement, data, setTriggerValue }) {
  const table = parentElement.querySelector("table")
  table.matrix ??= createMatrix(table)
  table.matrix(data, (cell) => setTriggerValue("pick", cell))
}

function createMatrix(table) {
  let send
  let buttons = []
  let reached = 0 // the cell that the Tab key comes to

  function refresh(data, tell) {
    send = tell
    if (table.dataset.classes !== data.classes.join()) build(data.classes)
    reached = data.picked
    buttons.forEach((button, i) => {
      const count = data.classes.length
      const right = Math.floor(i / count) === i % count
      button.textContent = data.texts[i]
      button.title = data.names[i]
      button.setAttribute("aria-label", data.names[i])
      button.setAttribute("aria-pressed", i === data.picked)
      button.className = right ? "right" : data.shares[i] > 0 ? "mistake" : ""
      button.style.setProperty("--share", data.shares[i])
      button.tabIndex = i === reached ? 0 : -1
    })
  }

  function build(classes) {
    table.dataset.classes = classes.join()
    const count = classes.length
    const heads = classes.map((digit) => `<th class="digit" scope="col">${digit}</th>`).join("")
    const rows = classes.map((digit, row) => {
      const side = row ? "" : `<th class="side" rowspan="${count}" scope="rowgroup"><span>The label says</span></th>`
      const cells = `<td><button type="button"></button></td>`.repeat(count)
      return `<tr>${side}<th class="digit" scope="row">${digit}</th>${cells}</tr>`
    })
    table.innerHTML = `<thead>
      <tr><td class="side"></td><td class="digit"></td><th colspan="${count}" scope="colgroup">The model says</th></tr>
      <tr><td></td><td></td>${heads}</tr></thead><tbody>${rows.join("")}</tbody>`
    buttons = [...table.querySelectorAll("button")]
    buttons.forEach((button, i) => {
      button.addEventListener("click", () => send(i))
      button.addEventListener("keydown", (event) => move(event, i, count))
    })
  }

  function move(event, from, count) {
    const step = STEPS[event.key]
    if (!step) return
    event.preventDefault()
    const row = Math.floor(from / count) + step[0]
    const column = (from % count) + step[1]
    if (Math.min(row, column) < 0 || Math.max(row, column) >= count) return
    buttons[reached].tabIndex = -1
    reached = row * count + column
    buttons[reached].tabIndex = 0
    buttons[reached].focus()
  }

  return refresh
}
