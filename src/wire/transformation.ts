import { create } from '@bufbuild/protobuf'
import type { Transformation } from '../model/transformation.ts'
import { readTransformation, storedTransformation } from '../model/typescript-transformation.ts'
import { type UserDefinedFunction, UserDefinedFunctionSchema } from './gen/feast/core/OnDemandFeatureView_pb.ts'
import {
  type FeatureTransformationV2,
  FeatureTransformationV2Schema,
  type UserDefinedFunctionV2,
} from './gen/feast/core/Transformation_pb.ts'

const substraitMode = 'substrait'

/**
 * The function of a view, or null when it has none.
 * @param mode the mode of the view, for functions that are stored without one
 */
export function transformationToModel(
  message: FeatureTransformationV2 | undefined,
  old: UserDefinedFunction | undefined,
  mode: string,
): Transformation | null {
  const transformation = message?.transformation
  switch (transformation?.case) {
    case 'userDefinedFunction':
      return functionToModel(transformation.value, transformation.value.mode || mode)
    case 'substraitTransformation':
      return { mode: substraitMode, name: '', body: transformation.value.substraitPlan, bodyText: '' }
    default:
      return old === undefined ? null : functionToModel(old, mode)
  }
}

function functionToModel(stored: UserDefinedFunction | UserDefinedFunctionV2, mode: string): Transformation {
  return readTransformation({ mode, name: stored.name, body: stored.body, bodyText: stored.bodyText })
}

/** @param withMode false for stream views, whose functions Feast stores without a mode. */
export function transformationToMessage(transformation: Transformation, withMode: boolean): FeatureTransformationV2 {
  const { mode, name, body, bodyText } = storedTransformation(transformation)
  return create(FeatureTransformationV2Schema, {
    transformation:
      mode === substraitMode
        ? { case: 'substraitTransformation', value: { substraitPlan: body } }
        : { case: 'userDefinedFunction', value: { name, body, bodyText, ...(withMode && { mode }) } },
  })
}

/** The older field in which stream views hold their function a second time. */
export function functionToMessage(transformation: Transformation): UserDefinedFunction {
  const { name, body, bodyText } = storedTransformation(transformation)
  return create(UserDefinedFunctionSchema, { name, body, bodyText })
}
