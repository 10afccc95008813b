import type { CommandRow, OptionRow } from './command.ts'
import { serverCommands } from './server-commands.ts'

const views: OptionRow = {
  flags: '-v, --views <name>',
  doc: 'only this view; may be given several times',
  repeat: true,
  names: 'feature-views',
}
const disableEventTimestamp: OptionRow = {
  flags: '--disable-event-timestamp',
  doc: 'all rows of the source, whatever their event time',
}
const verbose: OptionRow = { flags: '--verbose', doc: 'a line per view, with counts and times' }
const tags: OptionRow = {
  flags: '--tags <key:value>',
  doc: 'only objects with this tag; may be given several times, all must match',
  repeat: true,
}
const matched: OptionRow = { flags: '-v, --verbose', doc: 'a tree of the objects that each one covers' }
const version: OptionRow = {
  flags: '--version <vN>',
  doc: 'this version of the one view that --views names, in its own online table',
}
const yes: OptionRow = { flags: '-y, --yes', doc: 'do not ask' }
const features: OptionRow = {
  flags: '-f, --features <view:feature>',
  doc: 'a feature; may be given several times',
  repeat: true,
  names: 'features',
}
const validation: readonly OptionRow[] = [
  { flags: '--skip-source-validation', doc: 'do not look whether the sources exist' },
  { flags: '--skip-feature-view-validation', doc: 'accepted for Feast; views are always checked' },
]

const resumeMaterialize = 'What was written stays; run the same command again to go on.'

const lifecycle: readonly CommandRow[] = [
  {
    path: 'init',
    group: 'Start',
    summary: 'make a new feature repository',
    arguments: ['[name]'],
    options: [
      { flags: '-t, --template <template>', doc: 'what it starts with: local or minimal' },
      { flags: '-m, --minimal', doc: 'the same as --template minimal' },
      { flags: '--repo-path <folder>', doc: 'where; default: a folder of that name here' },
    ],
    json: '{project, template, path}',
    examples: ['init my_project', 'init my_project --template minimal'],
    load: () => import('./commands/init.ts'),
  },
  {
    path: 'plan',
    group: 'Apply',
    summary: 'show what apply would do',
    options: [
      ...validation,
      { flags: '--no-promote', doc: 'record new versions of changed views without making them active' },
      { flags: '--out <file>', doc: 'keep the plan for apply --plan' },
      { flags: '--detailed-exitcode', doc: 'exit 3 when there is something to do' },
    ],
    json: '{formatVersion, project, revision, partial, noPromote, registry: [{kind, name, change, properties: [{property, before, after}]}], infrastructure: [{type, name, change, before, after}], warnings}',
    examples: ['plan', 'plan --out feast.plan --detailed-exitcode'],
    load: () => import('./commands/plan.ts'),
  },
  {
    path: 'apply',
    group: 'Apply',
    summary: 'bring registry and stores to what the definitions say',
    options: [
      ...validation,
      { flags: '--no-progress', doc: 'accepted for Feast; no progress is shown' },
      { flags: '--no-promote', doc: 'record new versions of changed views without making them active' },
      { flags: '--plan <file>', doc: 'do what plan --out wrote' },
    ],
    json: 'as plan, of what was done',
    examples: ['apply', 'apply --plan feast.plan'],
    resume: 'Run the same command again; it does only what is left.',
    load: () => import('./commands/apply.ts'),
  },
  {
    path: 'teardown',
    group: 'Apply',
    summary: 'remove this project from registry and stores',
    options: [yes],
    json: '{project, objects: [{kind, name}], views, registryRemoved}',
    examples: ['teardown', 'teardown --yes'],
    load: () => import('./commands/teardown.ts'),
  },
  {
    path: 'delete',
    group: 'Apply',
    summary: 'remove one object from the registry',
    arguments: ['<name>'],
    names: 'objects',
    options: [{ flags: '--force', doc: 'even when other objects refer to it' }],
    json: '{deleted: {kind, name} or null}',
    examples: ['delete driver_hourly_stats', 'delete driver --force'],
    load: () => import('./commands/delete.ts'),
  },
  {
    path: 'materialize',
    group: 'Materialize',
    summary: 'write the latest values of a window to the online store',
    arguments: ['[start]', '[end]'],
    options: [views, disableEventTimestamp, version, verbose],
    json: '{views: [{view, start, end, written, stale, nullKeys}]}',
    examples: ['materialize 2026-01-01T00:00:00 2026-01-02T00:00:00', 'materialize --disable-event-timestamp -v stats'],
    resume: resumeMaterialize,
    load: () => import('./commands/materialize.ts'),
  },
  {
    path: 'materialize-incremental',
    group: 'Materialize',
    summary: 'write what came since the last time to the online store',
    arguments: ['<end>'],
    options: [views, version, verbose],
    json: 'as materialize',
    examples: ['materialize-incremental 2026-01-02T00:00:00', 'materialize-incremental 2026-01-02T00:00:00 -v stats'],
    resume: resumeMaterialize,
    load: () => import('./commands/materialize-incremental.ts'),
  },
  {
    path: 'online convert',
    group: 'Materialize',
    summary: 'bring online values to online_store.layout, in place',
    json: '{project, views, layout, converted}',
    examples: ['online convert', 'online convert --json'],
    resume: 'What was converted stays, and all keys can be read; run the same command again to go on.',
    load: () => import('./commands/online-convert.ts'),
  },
  {
    path: 'get-online-features',
    group: 'Retrieve',
    summary: 'read the latest values of keys',
    options: [
      {
        flags: '-e, --entities <key=value>',
        doc: 'a join key or request value; several times for several rows',
        repeat: true,
        required: true,
      },
      { ...features, required: true },
    ],
    json: 'column to list of values, one per entity row; also without --json',
    examples: [
      'get-online-features -e driver_id=1001 -f driver_hourly_stats:conv_rate',
      'get-online-features -e driver_id=1001 -e driver_id=1002 -f driver_hourly_stats --output table',
    ],
    load: () => import('./commands/get-online-features.ts'),
  },
  {
    path: 'get-historical-features',
    group: 'Retrieve',
    summary: 'join features to rows as of their times',
    options: [
      { flags: '-d, --dataframe <json>', doc: 'entity rows as a JSON array, or @FILE' },
      { ...features, required: true },
      { flags: '-s, --start-date <time>', doc: 'instead of rows: every key with an event from here' },
      { flags: '-e, --end-date <time>', doc: 'to here' },
    ],
    json: '[{column: value}], times as ISO-8601 text; also without --json',
    examples: [
      `get-historical-features -d '[{"driver_id": 1001, "event_timestamp": "2026-01-01"}]' -f stats:conv_rate`,
      "get-historical-features -s '2026-01-01 00:00:00' -e '2026-01-02 00:00:00' -f stats:conv_rate",
    ],
    load: () => import('./commands/get-historical-features.ts'),
  },
  {
    path: 'registry-dump',
    group: 'Inspect',
    summary: 'print the whole registry of the project as JSON',
    json: '{project, and per kind a list of objects in proto-JSON}; also without --json',
    examples: ['registry-dump', 'registry-dump --output yaml'],
    load: () => import('./commands/registry-dump.ts'),
  },
  {
    path: 'configuration',
    group: 'Inspect',
    summary: 'print the configuration in use, secrets hidden',
    options: [{ flags: '--show-secrets', doc: 'print secrets too' }],
    json: 'the keys of feature_store.yaml',
    examples: ['configuration', '-f staging/feature_store.yaml configuration --json'],
    load: () => import('./commands/configuration.ts'),
  },
  {
    path: 'endpoint',
    group: 'Inspect',
    summary: 'print the endpoint of the feature server',
    json: '{endpoint: null}',
    examples: ['endpoint', 'endpoint --json'],
    load: () => import('./commands/endpoint.ts'),
  },
  {
    path: 'explain',
    group: 'Help',
    summary: 'say what an error code means and what to do',
    arguments: ['[code]'],
    json: '{code, title, cause, fix, http, grpc}; without a code [{code, title}]',
    examples: ['explain FTS2104', 'explain'],
    load: () => import('./commands/explain.ts'),
  },
  {
    path: 'completion',
    group: 'Help',
    summary: 'print a completion script for bash, zsh or fish',
    arguments: ['<shell>'],
    json: 'nothing; the script is text',
    examples: ['completion bash >> ~/.bashrc', 'completion fish > ~/.config/fish/completions/feast.fish'],
    load: () => import('./commands/completion.ts'),
  },
  {
    path: 'version',
    group: 'Help',
    summary: 'print the version',
    json: '{version, feastVersion, node}',
    examples: ['version', 'version --json'],
    load: () => import('./commands/version.ts'),
  },
]

/** Kinds of objects that can be listed and described, by the word of the command line. */
const listed = {
  entities: ['entities', 'driver'],
  'data-sources': ['data sources', 'driver_stats'],
  'feature-views': ['feature views', 'driver_hourly_stats'],
  'on-demand-feature-views': ['on-demand feature views', 'trip_fare'],
  'stream-feature-views': ['stream feature views', 'driver_events'],
  'label-views': ['label views', 'driver_labels'],
  'feature-services': ['feature services', 'driver_ranking'],
  features: ['features', 'conv_rate'],
  'saved-datasets': ['saved data sets', 'training_2026'],
  'validation-references': ['validation references', 'training_reference'],
  projects: ['projects', 'my_project'],
  permissions: ['permissions', 'read_all'],
} as const satisfies Record<string, readonly [plural: string, example: string]>

const kindsListed = Object.entries(listed) as [keyof typeof listed, readonly [plural: string, example: string]][]

/** Keys of the JSON form of each list; the table has the same in capitals. */
const listJson: Readonly<Record<keyof typeof listed, string>> = {
  entities: '[{name, description, type, join_key}]',
  'data-sources': '[{name, class}]',
  'feature-views': '[{name, entities, type, enabled, state}]',
  'on-demand-feature-views': '[{name, description}]',
  'stream-feature-views': '[{name, description}]',
  'label-views': '[{name, entities, conflict_policy}]',
  'feature-services': '[{name, features}]',
  features: '[{feature_name, feature_view, dtype}]',
  'saved-datasets': '[{name, features}]',
  'validation-references': '[{name, dataset}]',
  projects: '[{name, description, tags, owner}]',
  permissions: '[{name, types, name_patterns, actions, roles, required_tags}]',
}

const inspection: readonly CommandRow[] = kindsListed.flatMap(([word, [plural, example]]): CommandRow[] => [
  {
    path: `${word} list`,
    group: 'Inspect',
    summary: `list the ${plural}`,
    options: word === 'permissions' ? [tags, matched] : [tags],
    json: listJson[word],
    examples: [`${word} list`, `${word} list --tags team:growth --json`],
    load: () => import('./commands/list.ts'),
  },
  {
    path: `${word} describe`,
    group: 'Inspect',
    summary: `show one of the ${plural}`,
    arguments: ['<name>'],
    names: word === 'features' ? 'feature-names' : word,
    json: word === 'features' ? 'as without --json: one object per view that has it' : 'the stored form in proto-JSON',
    examples: [`${word} describe ${example}`, `${word} describe ${example} --json`],
    load: () => import('./commands/describe.ts'),
  },
])

const states: readonly CommandRow[] = [
  {
    path: 'feature-views enable',
    group: 'Inspect',
    summary: 'let a view be served and materialized',
    arguments: ['<name>'],
    names: 'feature-views',
    json: '{name, enabled, state, changed}',
    examples: ['feature-views enable stats', '-c my_project feature-views enable stats'],
    load: () => import('./commands/view-state.ts'),
  },
  {
    path: 'feature-views disable',
    group: 'Inspect',
    summary: 'stop a view from being served and materialized',
    arguments: ['<name>'],
    names: 'feature-views',
    json: 'as enable',
    examples: ['feature-views disable stats', '-c my_project feature-views disable stats'],
    load: () => import('./commands/view-state.ts'),
  },
  {
    path: 'feature-views set-state',
    group: 'Inspect',
    summary: 'move a view to a state',
    arguments: ['<name>', '<state>'],
    names: 'feature-views',
    json: 'as enable',
    examples: ['feature-views set-state stats CREATED', 'feature-views set-state stats AVAILABLE_ONLINE'],
    load: () => import('./commands/view-state.ts'),
  },
  {
    path: 'feature-views list-versions',
    group: 'Inspect',
    summary: 'list the versions of a view',
    arguments: ['<name>'],
    names: 'feature-views',
    json: '[{version, type, created, version_id}]',
    examples: ['feature-views list-versions stats', 'feature-views list-versions stats --json'],
    load: () => import('./commands/list-versions.ts'),
  },
  {
    path: 'projects current_project',
    group: 'Inspect',
    summary: 'show the project of this repository',
    json: 'the stored form in proto-JSON',
    examples: ['projects current_project', 'projects current_project --json'],
    load: () => import('./commands/describe.ts'),
  },
  {
    path: 'projects delete',
    group: 'Inspect',
    summary: 'remove a project with all its objects from the registry',
    arguments: ['<name>'],
    names: 'projects',
    options: [yes],
    json: '{deleted}',
    examples: ['projects delete my_project', 'projects delete my_project -y'],
    load: () => import('./commands/delete-project.ts'),
  },
  {
    path: 'permissions list-roles',
    group: 'Inspect',
    summary: 'list the roles that permissions name',
    options: [{ flags: '-v, --verbose', doc: 'with the actions that each role may do to each object' }],
    json: '[{role_name}]; with --verbose [{role_name, resource_name, resource_type, permitted_actions}]',
    examples: ['permissions list-roles', 'permissions list-roles --verbose'],
    load: () => import('./commands/list-roles.ts'),
  },
  {
    path: 'permissions check',
    group: 'Inspect',
    summary: 'show objects and actions that no permission covers',
    json: '{unsecured_resources: [{name, type}], unsecured_actions: [{name, type, actions}]}',
    examples: ['permissions check', 'permissions check --json'],
    load: () => import('./commands/permissions-check.ts'),
  },
  {
    path: 'registry create-schema',
    group: 'Inspect',
    summary: 'create the tables of an SQL registry',
    json: 'nothing',
    examples: ['registry create-schema', '-f production.yaml registry create-schema'],
    load: () => import('./commands/registry-create-schema.ts'),
  },
]

/** Every command of `feast`, in the order of the help. */
export const commandTable: readonly CommandRow[] = [...lifecycle, ...serverCommands, ...inspection, ...states]

/** What the words say that have commands below them. */
export const groupSummaries: Readonly<Record<string, string>> = Object.fromEntries([
  ...Object.entries(listed).map(([word, [plural]]) => [word, `list and describe ${plural}`]),
  ['online', 'change how online values are stored'],
  ['registry', 'set up an SQL registry'],
])
