import { create } from '@bufbuild/protobuf'
import type { StreamFormat } from '../model/data-source.ts'
import { type StreamFormat as StreamFormatMessage, StreamFormatSchema } from './gen/feast/core/DataFormat_pb.ts'

export function streamFormatToModel(message: StreamFormatMessage | undefined): StreamFormat | null {
  const format = message?.format
  switch (format?.case) {
    case 'jsonFormat':
      return { kind: 'json', schemaJson: format.value.schemaJson }
    case 'avroFormat':
      return { kind: 'avro', schemaJson: format.value.schemaJson }
    case 'protoFormat':
      return { kind: 'proto', classPath: format.value.classPath }
    default:
      return null
  }
}

export function streamFormatToMessage(format: StreamFormat | null): StreamFormatMessage | undefined {
  switch (format?.kind) {
    case undefined:
      return undefined
    case 'json':
      return create(StreamFormatSchema, { format: { case: 'jsonFormat', value: { schemaJson: format.schemaJson } } })
    case 'avro':
      return create(StreamFormatSchema, { format: { case: 'avroFormat', value: { schemaJson: format.schemaJson } } })
    case 'proto':
      return create(StreamFormatSchema, { format: { case: 'protoFormat', value: { classPath: format.classPath } } })
  }
}
