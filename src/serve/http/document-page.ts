type Node = Readonly<Record<string, unknown>>

/** A page that shows an OpenAPI document: no script, nothing from elsewhere. */
export function documentPage(document: object): string {
  const { info, paths, tags } = document as {
    readonly info: Node
    readonly paths: Node
    readonly tags?: readonly Node[]
  }
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(node(methods)).map(([method, operation]) => ({ path, method, operation: node(operation) })),
  )
  const sections = (tags ?? []).map((tag) => {
    const own = operations.filter(({ operation }) => strings(operation.tags).includes(String(tag.name)))
    return own.length === 0 ? '' : `<h2>${escaped(tag.description)}</h2>${own.map(operationHtml).join('')}`
  })
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(info.title)}</title><style>${style}</style></head>
<body><main><h1>${escaped(info.title)}</h1><p>${escaped(info.description)} Version ${escaped(info.version)}.
As data: <a href="openapi.json">openapi.json</a>.</p>${sections.join('')}</main></body></html>
`
}

const style = `
body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1b1f24;background:#fff}
main{max-width:56rem;margin:0 auto;padding:1rem}
h2{margin-top:2rem;font-size:1.2rem}
details{border:1px solid #d0d7de;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}
summary{cursor:pointer}
code,pre{font:14px/1.4 ui-monospace,monospace}
pre{background:#f6f8fa;padding:.6rem;border-radius:6px;overflow-x:auto}
.method{display:inline-block;min-width:3.5rem;font-weight:600}
table{border-collapse:collapse}td{padding:.1rem .8rem .1rem 0;vertical-align:top}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}details{border-color:#30363d}pre{background:#161b22}a{color:#58a6ff}}
`

interface Operation {
  readonly path: string
  readonly method: string
  readonly operation: Node
}

function operationHtml({ path, method, operation }: Operation): string {
  const body = node(node(node(node(operation.requestBody).content)['application/json']).schema)
  const answers = Object.entries(node(operation.responses)).map(
    ([status, answer]) =>
      `<tr><td><code>${escaped(status)}</code></td><td>${escaped(node(answer).description)}</td></tr>`,
  )
  const wanted = Object.keys(body).length === 0 ? '' : `<p>Body</p><pre>${escaped(JSON.stringify(body, null, 2))}</pre>`
  return `<details><summary><span class="method">${escaped(method.toUpperCase())}</span> <code>${escaped(path)}</code>
 ${escaped(operation.summary)}</summary>${wanted}<p>Answers</p><table>${answers.join('')}</table></details>`
}

const node = (value: unknown): Node => (typeof value === 'object' && value !== null ? (value as Node) : {})

const strings = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

const entitiesOfHtml: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escaped = (value: unknown): string =>
  String(value ?? '').replace(/[&<>"]/g, (character) => entitiesOfHtml[character] ?? '')
