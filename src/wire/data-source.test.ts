import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { openEnum } from './convert.ts'
import { nestedSourceToMessage, sourceToModel } from './data-source.ts'
import { DataSource_SourceType, DataSourceSchema } from './gen/feast/core/DataSource_pb.ts'

/** Projections and views hold copies of sources, which are written from the model alone. */
test.each([
  ['Iceberg', DataSource_SourceType.BATCH_ICEBERG],
  ['a plug-in', DataSource_SourceType.CUSTOM_SOURCE],
  ['a type of a later version', 99],
])('a copy of a source of %s says all that the source says', (_, type) => {
  const source = create(DataSourceSchema, {
    name: 'lake',
    type: openEnum<DataSource_SourceType>(type),
    dataSourceClassType: 'feast.infra.data_sources.contrib.iceberg_catalog.iceberg_source.IcebergSource',
    timestampField: 'at',
    options: { case: 'customOptions', value: { configuration: new TextEncoder().encode('{"warehouse": "w"}') } },
    batchSource: {
      name: 'files',
      type: DataSource_SourceType.BATCH_FILE,
      options: { case: 'fileOptions', value: { uri: 'data/rides.parquet' } },
      meta: {},
    },
    meta: {},
  })
  expect(nestedSourceToMessage(sourceToModel(source))).toEqual(source)
})

test('a source that says nothing of its type stays so', () => {
  const source = create(DataSourceSchema, { name: 'old', meta: {} })
  expect(nestedSourceToMessage(sourceToModel(source))).toEqual(source)
})
