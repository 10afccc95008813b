import { randomBytes } from 'node:crypto'

/** Makes ids that no other process makes: a random start, then a count. */
export function requestIds(): () => string {
  const start = randomBytes(6).toString('hex')
  let count = 0
  return () => {
    count += 1
    return `${start}-${count.toString(36)}`
  }
}

/** The id that a client gave its request, when it may stand in a header and a log line. */
export function givenRequestId(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value) ? value : undefined
}
