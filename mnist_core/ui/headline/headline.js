export default function ({ parentElement, data }) {
  const line = parentElement.querySelector("p")
  line.ariaBusy = data.busy
  if (line.textContent !== data.text) line.textContent = data.text // the same once more would be said once more
}
