import { create } from '@bufbuild/protobuf'
import type { Aggregation } from '../model/feature-view.ts'
import { optionalDuration } from './convert.ts'
import { type Aggregation as AggregationMessage, AggregationSchema } from './gen/feast/core/Aggregation_pb.ts'

export function aggregationToModel(message: AggregationMessage): Aggregation {
  return {
    column: message.column,
    function: message.function,
    timeWindow: optionalDuration.toModel(message.timeWindow),
    slideInterval: optionalDuration.toModel(message.slideInterval),
    name: message.name,
  }
}

export function aggregationToMessage(aggregation: Aggregation): AggregationMessage {
  const timeWindow = optionalDuration.toMessage(aggregation.timeWindow)
  const slideInterval = optionalDuration.toMessage(aggregation.slideInterval)
  return create(AggregationSchema, {
    column: aggregation.column,
    function: aggregation.function,
    ...(timeWindow && { timeWindow }),
    ...(slideInterval && { slideInterval }),
    name: aggregation.name,
  })
}
