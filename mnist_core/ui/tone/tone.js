// An accuracy of 0 is an a of 220 Hz, each tenth above it three semitones higher.
const LOWEST = 220
const SEMITONES = 30
const SECONDS = 0.25

const heard = new WeakMap()
let audio

export default function ({ data, parentElement }) {
  const before = heard.get(parentElement)
  heard.set(parentElement, data.epoch)
  if (before === undefined || data.epoch <= before || data.accuracy === null) return
  audio ??= new AudioContext()
  const sound = audio.createOscillator()
  const volume = audio.createGain()
  sound.frequency.value = LOWEST * 2 ** ((data.accuracy * SEMITONES) / 12)
  volume.gain.setValueAtTime(0.15, audio.currentTime)
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + SECONDS)
  sound.connect(volume).connect(audio.destination)
  sound.start()
  sound.stop(audio.currentTime + SECONDS)
}
