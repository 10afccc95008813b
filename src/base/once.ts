/** A value that is made when it is first asked for. */
export interface Once<T> {
  (): Promise<T>
  /** What was made, if anything was. */
  made(): Promise<T> | undefined
}

/** Makes something when it is first asked for; a failure is not kept, so the next call tries again. */
export function once<T>(make: () => Promise<T>): Once<T> {
  let made: Promise<T> | undefined
  const get = (): Promise<T> => {
    const current = made ?? Promise.resolve().then(make)
    made = current
    current.catch(() => {
      if (made === current) made = undefined
    })
    return current
  }
  return Object.assign(get, { made: () => made })
}
