import {
  create,
  type DescFile,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '../../wire/gen/grpc/reflection/v1/reflection_pb.ts'
import { malformed } from './grpc-errors.ts'
import type { GrpcService, MessageStream } from './grpc-method.ts'

/** Both versions are the same messages under two names. */
export const reflectionServiceNames = [
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
] as const

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>

/** gRPC's number of the status NOT_FOUND. */
const notFound = 5

/**
 * Server reflection: what the server serves, for tools such as grpcurl.
 * @param files those that define the services, their imports not among them.
 */
export function reflectionServices(services: readonly string[], files: readonly DescFile[]): readonly GrpcService[] {
  const index = indexOf(files)
  return reflectionServiceNames.map((name) => ({
    name,
    unary: [],
    streams: [
      {
        path: `/${name}/ServerReflectionInfo`,
        kind: 'bidi',
        start: (call, fail) => reflect(call, fail, (request) => answerTo(request, services, index)),
      },
    ],
  }))
}

function reflect(
  call: MessageStream,
  fail: (error: unknown) => void,
  answer: (request: ServerReflectionRequest) => Answer,
): void {
  call.on('data', (message) => {
    let request: ServerReflectionRequest
    try {
      request = fromBinary(ServerReflectionRequestSchema, message)
    } catch (cause) {
      fail(malformed('ServerReflectionRequest', cause))
      return
    }
    const response = create(ServerReflectionResponseSchema, {
      validHost: request.host,
      originalRequest: request,
      messageResponse: answer(request),
    })
    call.write(Buffer.from(toBinary(ServerReflectionResponseSchema, response)))
  })
  call.on('end', () => call.end())
}

/** Files by their names, and by the full names of what they define. */
interface FileIndex {
  readonly byName: ReadonlyMap<string, DescFile>
  readonly bySymbol: ReadonlyMap<string, DescFile>
}

function indexOf(files: readonly DescFile[]): FileIndex {
  const all = new Set(files.flatMap((file) => [file, ...importsOf(file)]))
  const bySymbol = new Map<string, DescFile>()
  for (const file of all) {
    const add = (name: string): void => void bySymbol.set(name, file)
    const addMessage = (message: DescMessage): void => {
      add(message.typeName)
      for (const field of message.fields) add(`${message.typeName}.${field.name}`)
      for (const nested of message.nestedMessages) addMessage(nested)
      for (const nested of message.nestedEnums) add(nested.typeName)
    }
    for (const message of file.messages) addMessage(message)
    for (const each of file.enums) add(each.typeName)
    for (const service of file.services) {
      add(service.typeName)
      for (const method of service.methods) add(`${service.typeName}.${method.name}`)
    }
  }
  return { byName: new Map([...all].map((file) => [`${file.name}.proto`, file])), bySymbol }
}

function importsOf(file: DescFile): readonly DescFile[] {
  return file.dependencies.flatMap((each) => [each, ...importsOf(each)])
}

function answerTo(
  { messageRequest: wanted }: ServerReflectionRequest,
  services: readonly string[],
  index: FileIndex,
): Answer {
  switch (wanted.case) {
    case 'listServices':
      return { case: 'listServicesResponse', value: { service: services.map((name) => ({ name })) } }
    case 'fileByFilename':
      return fileAnswer(index.byName.get(wanted.value), `file "${wanted.value}"`)
    case 'fileContainingSymbol':
      return fileAnswer(index.bySymbol.get(wanted.value), `symbol "${wanted.value}"`)
    case 'allExtensionNumbersOfType':
      return index.bySymbol.has(wanted.value)
        ? { case: 'allExtensionNumbersResponse', value: { baseTypeName: wanted.value, extensionNumber: [] } }
        : unknown(`type "${wanted.value}"`)
    case 'fileContainingExtension':
      return unknown(`extension ${wanted.value.extensionNumber} of "${wanted.value.containingType}"`)
    case undefined:
      return { case: 'errorResponse', value: { errorCode: 3, errorMessage: 'The request asks for nothing.' } }
  }
}

/** A file with all that it imports, so that one answer is enough to read it. */
function fileAnswer(file: DescFile | undefined, what: string): Answer {
  if (file === undefined) return unknown(what)
  const files = [...new Set([file, ...importsOf(file)])]
  const fileDescriptorProto = files.map((each) => toBinary(FileDescriptorProtoSchema, each.proto))
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } }
}

function unknown(what: string): Answer {
  return { case: 'errorResponse', value: { errorCode: notFound, errorMessage: `The server has no ${what}.` } }
}
