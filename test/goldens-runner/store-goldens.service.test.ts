import { expect, test } from 'vitest'
import { describeService } from '../services/describe-service.ts'
import { missingFor, type ServiceName } from '../services/programs.ts'
import { runSpoilt } from './spoil.ts'

type Change = (json: never) => void

interface Recorded {
  readonly service: ServiceName
  readonly file: string
  readonly spoils: Readonly<Record<string, Change>>
}

const first = <T>(list: readonly T[], wanted: (each: T) => boolean = () => true): T => {
  const found = list.find(wanted)
  if (found === undefined) throw new Error('the golden has nothing to spoil')
  return found
}

interface RedisFile {
  redis: { keys: { fields: { field_text?: string; field_b64: string; decoded: { seconds?: number } }[] }[] }
}
interface SqlFile {
  tables: { rows: { value_text?: string | null; value_b64: string }[] }[]
}
interface DynamodbFile {
  tables: { items: { entity_id: { S: string } }[] }[]
}

const recorded: readonly Recorded[] = [
  {
    service: 'redis',
    file: 'redis.json',
    spoils: {
      'a field of another name': ({ redis }: RedisFile) => {
        first(redis.keys).fields.forEach((field) => {
          if (field.field_text === undefined) field.field_b64 = 'AAAAAA=='
        })
      },
      'an event time that differs': ({ redis }: RedisFile) => {
        first(first(redis.keys).fields, (field) => field.field_text !== undefined).decoded.seconds = 1
      },
    },
  },
  {
    service: 'postgres',
    file: 'postgres.json',
    spoils: {
      'a text beside a value': ({ tables }: SqlFile) => {
        first(
          tables.flatMap(({ rows }) => rows),
          ({ value_text: text }) => typeof text === 'string',
        ).value_text = 'else'
      },
    },
  },
  {
    service: 'mariadb',
    file: 'mysql.json',
    spoils: {
      'bytes that are no value': ({ tables }: SqlFile) => {
        first(
          tables.flatMap(({ rows }) => rows),
          (row) => row.value_b64 !== '',
        ).value_b64 = '////'
      },
    },
  },
  {
    service: 'dynamodb',
    file: 'dynamodb.json',
    spoils: {
      'the hash of another key': ({ tables }: DynamodbFile) => {
        first(tables.flatMap(({ items }) => items)).entity_id.S = '0'.repeat(32)
      },
    },
  },
]

/** The goldens start their servers themselves. */
const nothing = async (): Promise<AsyncDisposable> => ({ [Symbol.asyncDispose]: async () => {} })

for (const { service, file, spoils } of recorded) {
  describeService(service, nothing, () => {
    test(`${file} comes out of the real server as Feast wrote it, and goes in again byte for byte`, async () => {
      const { passed, failures, skipped } = await runSpoilt(file, () => {})
      expect(skipped).toBeUndefined()
      expect(failures).toEqual([])
      expect(passed).toBeGreaterThan(400)
    })

    test.each(Object.keys(spoils))(`the runner fails over %s in ${file}`, async (name) => {
      const { failures } = await runSpoilt(file, spoils[name] as Change)
      expect(failures.length).toBeGreaterThan(0)
    })
  })
}

describeService('redis', nothing, () => {
  test('requests recorded over Redis get the answers of Feast over Redis', async () => {
    const { passed, failures } = await runSpoilt('rest_redis.json', () => {}, ['redis.json'])
    expect(failures).toEqual([])
    expect(passed).toBe(138)
  })
})

test('a golden whose server is not installed is skipped with the reason', async () => {
  const path = process.env.PATH
  const required = process.env.FEAST_TS_SERVICES
  process.env.PATH = ''
  delete process.env.FEAST_TS_SERVICES
  try {
    const missing = missingFor('redis')
    const { skipped, failures } = await runSpoilt('redis.json', () => {})
    expect(failures).toEqual([])
    expect(skipped).toBe(missing)
  } finally {
    process.env.PATH = path
    if (required !== undefined) process.env.FEAST_TS_SERVICES = required
  }
})
