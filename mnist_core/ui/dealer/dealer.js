// A deck of cards and the batches dealt from it. Streamlit calls the default export on every rerun: the cards are made
// once, and then moved.

// Okabe-Ito, with two of Tol's for the last classes, each with the ink that can be read on it. The label is on the card
// too, so nothing hangs on colour alone.
const LOOKS = [
  ["#0072b2", "#fff"], ["#d55e00", "#000"], ["#009e73", "#000"], ["#cc79a7", "#000"], ["#e69f00", "#000"],
  ["#949494", "#000"], ["#f0e442", "#000"], ["#56b4e9", "#000"], ["#332288", "#fff"], ["#882255", "#fff"],
]
const STEP = 25 // pixels from card to card
const LINE = 28
const GAP = 10
const NAME = 64 // room for "Batch 12"

export default function ({ data, parentElement }) {
  const table = parentElement.querySelector(".table")
  table.show ??= createTable(table)
  table.show(data)
}

function createTable(table) {
  let now
  new ResizeObserver(() => now && place()).observe(table.parentElement)

  function show(data) {
    now = data
    table.setAttribute("aria-label", data.alt)
    match("card", data.labels.length)
    match("name", data.batches.length + 1)
    all("card").forEach((card, i) => {
      card.textContent = data.labels[i]
      ;[card.style.background, card.style.color] = LOOKS[data.labels[i]]
    })
    place()
  }

  function place() {
    const { batches, dealt } = now
    const columns = Math.max(1, Math.floor((table.clientWidth - NAME) / STEP))
    const cards = all("card")
    const names = all("name")
    let top = 0
    // The batches on the table first, then what is left in the deck.
    for (const [number, batch] of batches.slice(0, dealt).entries()) top = row(`Batch ${number + 1}`, names[number], batch, top)
    row("Deck", names[dealt], batches.slice(dealt).flat(), top)
    names.forEach((name, number) => (name.hidden = number > dealt || number === batches.length))
    table.style.height = `${Math.max(...batches.map((_, number) => height(number)), height(batches.length))}px`

    // With so many batches on the table. The table is as high as it will ever be, so that the page keeps still.
    function height(number) {
      const heights = batches.slice(0, number).map((batch) => lines(batch) * LINE + GAP)
      return heights.reduce((sum, one) => sum + one, lines(batches.slice(number).flat()) * LINE)
    }

    function lines(some) {
      return Math.ceil(some.length / columns)
    }

    function row(text, name, positions, y) {
      name.textContent = text
      move(name, 0, y)
      positions.forEach((position, i) => {
        cards[position].style.transitionDelay = `${Math.min(i * 12, 240)}ms`
        move(cards[position], NAME + (i % columns) * STEP, y + Math.floor(i / columns) * LINE)
      })
      return y + Math.max(1, lines(positions)) * LINE + GAP
    }
  }

  function all(kind) {
    return [...table.querySelectorAll(`.${kind}`)]
  }

  function match(kind, count) {
    const there = all(kind)
    there.slice(count).forEach((element) => element.remove())
    for (let i = there.length; i < count; i++) {
      const element = document.createElement("span")
      element.className = kind
      table.append(element)
    }
  }

  return show
}

function move(element, x, y) {
  element.style.transform = `translate(${x}px, ${y}px)`
}
