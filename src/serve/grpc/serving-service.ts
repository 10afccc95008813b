import { create, toBinary } from '@bufbuild/protobuf'
import { packageVersion } from '../../base/package-version.ts'
import { GetFeastServingInfoResponseSchema } from '../../wire/gen/feast/serving/ServingService_pb.ts'
import type { ServingContext } from '../serving-context.ts'
import type { GrpcService } from './grpc-method.ts'
import { getOnlineFeatures } from './online-features.ts'

const name = 'feast.serving.ServingService'

/** What Feast's Go and Java servers serve. */
export function servingService(context: ServingContext): GrpcService {
  return {
    name,
    unary: [
      getOnlineFeatures(context, `/${name}/GetOnlineFeatures`),
      {
        path: `/${name}/GetFeastServingInfo`,
        answer: async () => {
          const info = create(GetFeastServingInfoResponseSchema, { version: await packageVersion() })
          return Buffer.from(toBinary(GetFeastServingInfoResponseSchema, info))
        },
      },
    ],
    streams: [],
  }
}
