// The layers of ARCHITECTURE.md, lowest first. A file imports from lower layers and from its own folder only.
const layers = [
  ['base'],
  ['types'],
  ['model'],
  ['wire', 'define', 'config'],
  ['plugin', 'sql', 'transform'],
  ['registry', 'repository', 'online', 'offline', 'compute'],
  ['store'],
  ['serve', 'cli', 'client'],
]

const folder = (names) => `^src/(${names.join('|')})/`

/** The commands that start a server: the one place where the command line meets what it serves. */
const serverCommands = '^src/cli/commands/(serve|listen)\\.ts$'

/** Of each layer: nothing above it, and nothing beside it. */
const layerRules = layers.flatMap((names, index) =>
  names.map((name) => {
    const forbidden = [
      ...layers
        .slice(index)
        .flat()
        .filter((other) => other !== name),
      'testing',
    ]
    return {
      name: `layer-${name}`,
      comment: `src/${name} is layer ${index}: it may import lower layers and itself, so that each layer can be understood without those above it.`,
      severity: 'error',
      from: { path: folder([name]), pathNot: ['\\.test(-d)?\\.ts$', '^src/plugin/catalogue\\.ts$', serverCommands] },
      to: { path: folder(forbidden) },
    }
  }),
)

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'server-commands-only-serve',
      comment: 'Commands that start servers may import src/serve, and what every command may.',
      severity: 'error',
      from: { path: serverCommands },
      to: { path: folder(['client']) },
    },
    {
      name: 'catalogue-imports-stores-lazily',
      comment: 'The catalogue is the one place that names stores; a static import would load every driver at start.',
      severity: 'error',
      from: { path: '^src/plugin/catalogue\\.ts$' },
      to: { path: folder(['online', 'offline', 'registry', 'compute']), dynamic: false },
    },
    ...['online', 'offline', 'compute', 'registry'].map((kind) => ({
      name: `no-sibling-${kind}`,
      comment: `One ${kind} store never imports another: each can be deleted with its folder. What they share has a folder of its own.`,
      severity: 'error',
      from: { path: `^src/${kind}/([^/]+)/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^src/${kind}/[^/]+/`, pathNot: [`^src/${kind}/$1/`, `^src/${kind}/[^/]*common/`] },
    })),
    {
      name: 'store-names-no-concrete-store',
      comment: "Use cases know contracts; which store it is, is the catalogue's and the configuration's business.",
      severity: 'error',
      from: { path: '^src/store/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(online|offline)/|^src/registry/(file|memory|sql|s3)/' },
    },
    {
      name: 'generated-types-stay-in-wire',
      comment: 'Protobuf shapes change with Feast; only the converters know them.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/wire/', '^src/serve/', '\\.test\\.ts$'] },
      to: { path: '^src/wire/gen/' },
    },
    {
      name: 'no-testing-in-product',
      comment: 'src/testing is published for plug-in authors and feature tests; product code must not need it.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/testing/', '\\.test(-d)?\\.ts$'] },
      to: { path: '^src/testing/' },
    },
    {
      name: 'heavy-packages-load-late',
      comment: 'Engines, drivers and servers cost tenths of a second to load; only a dynamic import may name them.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['\\.test(-d)?\\.ts$'] },
      to: {
        path: 'node_modules/(@duckdb|fastify|@fastify|pino|prom-client|@opentelemetry|apache-arrow|commander|zod|ioredis|pg|mysql2|@grpc|@aws-sdk)/',
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle has no lower layer.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      conditionNames: ['source', 'import', 'default'],
      exportsFields: ['exports'],
    },
  },
}
