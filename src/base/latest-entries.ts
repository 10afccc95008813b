/** What was made for a key, kept until so many other keys came that all are forgotten. */
export class LatestEntries<T> {
  readonly #most: number
  readonly #entries = new Map<string, T>()

  constructor(most: number) {
    this.#most = most
  }

  get(key: string, make: () => T): T {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    const made = make()
    if (this.#entries.size >= this.#most) this.#entries.clear()
    this.#entries.set(key, made)
    return made
  }

  clear(): void {
    this.#entries.clear()
  }
}
