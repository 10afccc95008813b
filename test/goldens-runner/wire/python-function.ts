import type { FeatureColumns, OnDemandFunction } from '../../../src/model/transformation.ts'
import type { FeatureValue } from '../../../src/types/feature-value.ts'

/**
 * The functions of recorded on-demand views, as somebody who moves to feast-ts would write them in TypeScript: made from
 * the source text that stands in the registry, for the small part of Python that such functions are written in. What the
 * goldens then judge is how a server feeds a function and what it makes of the results.
 */

type Cell = null | boolean | number | string | Column
type Column = readonly FeatureValue[]
type Names = Readonly<Record<string, unknown>>

/** How the function is called: over whole columns, as lists or as pandas series, or for the first row. */
export type PythonMode = 'pandas' | 'python' | 'singleton'

/** A function that throws when its text is more than this small part of Python; undefined for what is no function. */
export function portedFunction(text: string, mode: PythonMode): OnDemandFunction | undefined {
  const body = parseFunction(text)
  if (body === undefined) return undefined
  if (mode === 'singleton') {
    return { over: 'rows', run: ((inputs: Names) => runBody(body, flat(inputs), mode)) as never }
  }
  return { over: 'columns', run: ((inputs: Names) => runBody(body, flat(inputs), mode)) as never }
}

/** Python functions get the columns of all sources in one frame. */
function flat(inputs: Names): Names {
  return Object.assign({}, ...Object.values(inputs))
}

interface FunctionText {
  readonly parameter: string
  readonly lines: readonly string[]
}

function parseFunction(text: string): FunctionText | undefined {
  const header = /^(?:async )?def \w+\((\w+)[^)]*\)[^\n]*:\s*\n/m.exec(text)
  if (header === null) return undefined
  const lines = text
    .slice(header.index + header[0].length)
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  return { parameter: header[1] ?? '', lines: joinedLines(lines) }
}

/** Statements that go on over several lines, as one line each. */
function joinedLines(lines: readonly string[]): readonly string[] {
  const joined: string[] = []
  let open = 0
  for (const line of lines) {
    if (open > 0) joined.push(`${joined.pop() ?? ''} ${line}`)
    else joined.push(line)
    open += [...line].reduce((depth, mark) => depth + ('([{'.includes(mark) ? 1 : ')]}'.includes(mark) ? -1 : 0), 0)
  }
  return joined
}

function runBody({ parameter, lines }: FunctionText, inputs: Names, mode: PythonMode): FeatureColumns {
  const names: Record<string, unknown> = { [parameter]: inputs }
  for (const line of lines) {
    const result = /^return\s+(.*)$/.exec(line)
    if (result !== null) return outputs(evaluate(result[1] ?? '', names, mode), mode)
    const item = /^(\w+)\[["'](\w+)["']\]\s*=\s*([^=].*)$/.exec(line)
    const name = /^(\w+)\s*=\s*([^=].*)$/.exec(line)
    if (item !== null) {
      const frame = names[item[1] ?? ''] as Record<string, unknown>
      frame[item[2] ?? ''] = evaluate(item[3] ?? '', names, mode)
    } else if (name !== null) names[name[1] ?? ''] = evaluate(name[2] ?? '', names, mode)
    else throw new Error(`the runner does not know the statement ${line}`)
  }
  throw new Error('the function returns nothing')
}

function outputs(result: unknown, mode: PythonMode): FeatureColumns {
  if (mode !== 'pandas') return result as FeatureColumns
  const columns = Object.entries(result as Readonly<Record<string, Column>>)
  return Object.fromEntries(
    columns.map(([name, values]) => [name, values.map((value) => (Number.isNaN(value) ? null : value))]),
  )
}

const tokenPattern =
  /\s*(?:(\d+\.\d*|\.\d+|\d+)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([A-Za-z_]\w*)|(\*\*|\/\/|==|!=|<=|>=|[-+*/%<>()[\]{},:.]))/y

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = []
  tokenPattern.lastIndex = 0
  while (tokenPattern.lastIndex < text.trimEnd().length) {
    const at = tokenPattern.lastIndex
    const match = tokenPattern.exec(text)
    if (match === null) throw new Error(`the runner does not know the Python at "${text.slice(at)}"`)
    tokens.push(match[0].trim())
  }
  return tokens
}

function evaluate(text: string, names: Names, mode: PythonMode): unknown {
  const reader = new Expressions(tokensOf(text), mode)
  const read = reader.expression()
  reader.end()
  return read(names)
}

type Expression = (names: Names) => unknown

/** Reads expressions of Python: each method one level of precedence, weakest first. */
class Expressions {
  readonly #tokens: readonly string[]
  readonly #mode: PythonMode
  #at = 0

  constructor(tokens: readonly string[], mode: PythonMode) {
    this.#tokens = tokens
    this.#mode = mode
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw new Error(`the runner does not know the Python at "${this.#peek()}"`)
  }

  /** `a if condition else b` */
  expression(): Expression {
    const value = this.#either()
    if (!this.#took('if')) return value
    const condition = this.#either()
    this.#need('else')
    const otherwise = this.expression()
    return (names) => (truthy(condition(names)) ? value(names) : otherwise(names))
  }

  #either(): Expression {
    let left = this.#both()
    while (this.#took('or')) {
      const [first, second] = [left, this.#both()]
      left = (names) => {
        const value = first(names)
        return truthy(value) ? value : second(names)
      }
    }
    return left
  }

  #both(): Expression {
    let left = this.#not()
    while (this.#took('and')) {
      const [first, second] = [left, this.#not()]
      left = (names) => {
        const value = first(names)
        return truthy(value) ? second(names) : value
      }
    }
    return left
  }

  #not(): Expression {
    if (!this.#took('not')) return this.#comparison()
    const operand = this.#not()
    return (names) => !truthy(operand(names))
  }

  #comparison(): Expression {
    const left = this.#sum()
    if (this.#took('is')) {
      const negated = this.#took('not')
      const right = this.#sum()
      return (names) => (left(names) === right(names)) !== negated
    }
    const sign = ['==', '!=', '<', '>', '<=', '>='].find((each) => this.#took(each))
    if (sign === undefined) return left
    const right = this.#sum()
    return this.#elementwise(sign, left, right)
  }

  #sum(): Expression {
    let left = this.#product()
    for (let sign = this.#sign('+', '-'); sign !== undefined; sign = this.#sign('+', '-')) {
      left = this.#elementwise(sign, left, this.#product())
    }
    return left
  }

  #product(): Expression {
    let left = this.#unary()
    for (let sign = this.#sign('*', '/', '//', '%'); sign !== undefined; sign = this.#sign('*', '/', '//', '%')) {
      left = this.#elementwise(sign, left, this.#unary())
    }
    return left
  }

  #unary(): Expression {
    if (this.#took('-')) {
      const operand = this.#unary()
      return (names) => each(operand(names), (value) => (typeof value === 'bigint' ? -value : -Number(value)))
    }
    const base = this.#postfix()
    return this.#took('**') ? this.#elementwise('**', base, this.#unary()) : base
  }

  #postfix(): Expression {
    let value = this.#atom()
    for (;;) {
      const of = value
      if (this.#took('[')) {
        const index = this.expression()
        this.#need(']')
        value = (names) => (of(names) as Readonly<Record<string, unknown>>)[String(index(names))]
      } else if (this.#took('.')) {
        value = this.#method(this.#next(), of)
      } else if (this.#took('(')) {
        value = callOf(of, this.#arguments(')'))
      } else return value
    }
  }

  #method(name: string, of: Expression): Expression {
    if (this.#took('(')) {
      const given = this.#arguments(')')
      const method = methods[name]
      if (method === undefined) throw new Error(`the runner does not know the method ${name}`)
      return (names) => method(of(names), ...given.map((argument) => argument(names)))
    }
    return (names) => ({ attribute: name, of: of(names) })
  }

  #atom(): Expression {
    const token = this.#next()
    if (/^\d+$/.test(token)) return () => BigInt(token)
    if (/^[\d.]/.test(token)) return () => Number(token)
    if (/^["']/.test(token)) return () => token.slice(1, -1).replace(/\\(.)/g, '$1')
    if (token === '(') {
      const [first] = this.#arguments(')')
      return first ?? (() => null)
    }
    if (token === '[') return this.#list()
    if (token === '{') return this.#dict()
    if (token in constants) return () => constants[token]
    return (names) => (Object.hasOwn(names, token) ? names[token] : (builtins[token] ?? unknownName(token)))
  }

  #list(): Expression {
    if (this.#took(']')) return () => []
    const element = this.expression()
    if (!this.#took('for')) {
      const isMore = this.#took(',')
      const rest = isMore ? this.#arguments(']') : []
      if (!isMore) this.#need(']')
      return (names) => [element, ...rest].map((each) => each(names))
    }
    const variables = [this.#next()]
    while (this.#took(',')) variables.push(this.#next())
    this.#need('in')
    const source = this.#either()
    const condition = this.#took('if') ? this.#either() : undefined
    this.#need(']')
    return (names) =>
      Array.from(source(names) as Iterable<unknown>)
        .map((item) => ({ ...names, ...bound(variables, item) }))
        .filter((inner) => condition === undefined || truthy(condition(inner)))
        .map((inner) => element(inner))
  }

  #dict(): Expression {
    const members: (readonly [Expression, Expression])[] = []
    while (!this.#took('}')) {
      const key = this.expression()
      this.#need(':')
      members.push([key, this.expression()])
      if (!this.#took(',') && this.#peek() !== '}') this.#need('}')
    }
    return (names) => Object.fromEntries(members.map(([key, value]) => [String(key(names)), value(names)]))
  }

  #arguments(close: string): readonly Expression[] {
    const given: Expression[] = []
    while (!this.#took(close)) {
      given.push(this.expression())
      if (!this.#took(',') && this.#peek() !== close) this.#need(close)
    }
    return given
  }

  #elementwise(sign: string, left: Expression, right: Expression): Expression {
    const operate = operations[sign]
    if (operate === undefined) throw new Error(`the runner does not know the operator ${sign}`)
    const isFrame = this.#mode === 'pandas'
    return (names) => {
      const [a, b] = [left(names), right(names)] as Cell[]
      // In pandas a missing value makes a missing result; in plain Python it is an error.
      const combine = (x: unknown, y: unknown): unknown => {
        if (x === null || y === null) {
          if (isFrame) return null
          throw new TypeError(`unsupported operand for ${sign}: None`)
        }
        return operate(x as never, y as never)
      }
      if (Array.isArray(a)) return a.map((x, row) => combine(x, Array.isArray(b) ? b[row] : b))
      return Array.isArray(b) ? b.map((y) => combine(a, y)) : combine(a, b)
    }
  }

  #sign(...signs: readonly string[]): string | undefined {
    return signs.find((sign) => this.#took(sign))
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at]
  }

  #next(): string {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new Error('the Python ends too early')
    return token
  }

  #took(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false
    this.#at++
    return true
  }

  #need(token: string): void {
    if (!this.#took(token)) throw new Error(`the runner expects ${token} before "${this.#peek() ?? ''}"`)
  }
}

const constants: Readonly<Record<string, unknown>> = { None: null, True: true, False: false }

function truthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return value !== null && value !== false && value !== 0 && value !== 0n && value !== ''
}

function bound(variables: readonly string[], item: unknown): Names {
  if (variables.length === 1) return { [variables[0] ?? '']: item }
  return Object.fromEntries(variables.map((name, index) => [name, (item as readonly unknown[])[index]]))
}

type Operand = number & bigint & string
/** Python's integers and floats are one kind of number when they meet. */
function numeric(of: (a: Operand, b: Operand) => unknown): (a: unknown, b: unknown) => unknown {
  return (a, b) => {
    const [x, y] = [typeof a === 'boolean' ? BigInt(a) : a, typeof b === 'boolean' ? BigInt(b) : b]
    if (typeof x === typeof y) return of(x as Operand, y as Operand)
    if (typeof x === 'string' || typeof y === 'string') throw new TypeError('unsupported operands: a text and a number')
    return of(Number(x) as Operand, Number(y) as Operand)
  }
}

/** Python's modulo has the sign of the divisor. */
const modulo = (a: Operand, b: Operand): unknown => {
  const rest = a % b
  const zero = (typeof rest === 'bigint' ? 0n : 0) as Operand
  return rest !== zero && rest < zero !== b < zero ? rest + b : rest
}

const operations: Readonly<Record<string, (a: never, b: never) => unknown>> = {
  '+': numeric((a, b) => a + b),
  '-': numeric((a, b) => a - b),
  '*': numeric((a, b) => a * b),
  '/': (a, b) => Number(a) / Number(b),
  '//': numeric((a, b) => (typeof a === 'bigint' ? (a - (modulo(a, b) as Operand)) / b : Math.floor(a / b))),
  '%': numeric(modulo),
  '**': numeric((a, b) => a ** b),
  '==': numeric((a, b) => a === b),
  '!=': numeric((a, b) => a !== b),
  '<': numeric((a, b) => a < b),
  '>': numeric((a, b) => a > b),
  '<=': numeric((a, b) => a <= b),
  '>=': numeric((a, b) => a >= b),
}

function each(value: unknown, of: (value: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map((part) => (part === null ? null : of(part))) : of(value)
}

const texts = (value: unknown): string => {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'number' && Number.isInteger(value) ? value.toFixed(1) : String(value)
}

const casts: Readonly<Record<string, (value: unknown) => unknown>> = {
  str: texts,
  float: Number,
  int: (value) => BigInt(Math.trunc(Number(value))),
  bool: truthy,
}

const builtins: Readonly<Record<string, unknown>> = {
  zip: (...columns: readonly (readonly unknown[])[]) =>
    (columns[0] ?? []).map((_, row) => columns.map((each) => each[row])),
  len: (value: readonly unknown[]) => value.length,
  abs: (value: number) => Math.abs(value),
  round: (value: number) => Math.round(value),
  min: Math.min,
  max: Math.max,
  sum: (values: readonly number[]) => values.reduce((total, value) => total + value, 0),
  range: (count: number) => Array.from({ length: Number(count) }, (_, index) => index),
  pd: { DataFrame: () => ({}) },
  ...casts,
}

const methods: Readonly<Record<string, (of: unknown, ...given: readonly unknown[]) => unknown>> = {
  DataFrame: () => ({}),
  astype: (column, type) =>
    (column as Column).map((value) => (type === texts || type === 'str' ? texts(value) : castOf(type)(value))),
  fillna: (column, value) => (column as Column).map((cell) => cell ?? value),
  abs: (column) => each(column, (value) => Math.abs(Number(value))),
  round: (column) => each(column, (value) => Math.round(Number(value))),
  get: (of, name) => (of as Readonly<Record<string, unknown>>)[String(name)] ?? null,
  upper: (text) => String(text).toUpperCase(),
  lower: (text) => String(text).toLowerCase(),
}

function castOf(type: unknown): (value: unknown) => unknown {
  if (typeof type === 'function') return type as (value: unknown) => unknown
  const name = /^(int|float|str|bool)/.exec(String(type))?.[1] ?? ''
  return casts[name] ?? unknownName(String(type))
}

function callOf(of: Expression, given: readonly Expression[]): Expression {
  return (names) => {
    const called = of(names)
    if (typeof called !== 'function') throw new Error('the runner does not know what is called')
    return called(...given.map((argument) => argument(names)))
  }
}

function unknownName(name: string): never {
  throw new Error(`the runner does not know the name ${name}`)
}
