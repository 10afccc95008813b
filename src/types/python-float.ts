/** A float as Python's `repr` writes it: `1.0`, `1e+16`, `1e-05`, `nan`. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const magnitude = Math.abs(value)
  if (magnitude === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  if (magnitude >= 1e-4 && magnitude < 1e16) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [mantissa, exponent = ''] = value.toExponential().split('e')
  return `${mantissa}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, '0')}`
}

/** A float as Feast's REST answers write it: Python's `repr`, and text for NaN and infinities. */
export function jsonFloat(value: number): string {
  if (isPlainFloat(value)) return String(value)
  if (Number.isFinite(value)) return pythonFloat(value)
  return Number.isNaN(value) ? '"NaN"' : value > 0 ? '"Infinity"' : '"-Infinity"'
}

/** True for floats that JavaScript writes as Python does. */
export function isPlainFloat(value: number): boolean {
  const magnitude = Math.abs(value)
  return magnitude >= 1e-4 && magnitude < 1e16 && !Number.isInteger(value)
}
