/** Names of projects that were not given one, as Feast makes them: an adjective and an animal. */
const adjectives = ['bold', 'bright', 'calm', 'clever', 'eager', 'gentle', 'honest', 'merry', 'noble', 'quick', 'wise']
const animals = ['badger', 'beaver', 'dolphin', 'falcon', 'heron', 'lynx', 'marten', 'otter', 'owl', 'salmon', 'stork']

export function randomName(): string {
  const pick = (words: readonly string[]): string => words[Math.floor(Math.random() * words.length)] ?? 'project'
  return `${pick(adjectives)}_${pick(animals)}`
}
