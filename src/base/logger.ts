/** The port that use cases log through. Fields are plain data and never hold secrets. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

const nothing = (): void => {}

/** Says nothing: the default of a library. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
