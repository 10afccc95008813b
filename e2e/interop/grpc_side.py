"""What Feast's own Python stubs get from gRPC servers: grpc_side.py CALLS.json prints the answers, a JSON list.

CALLS.json is a list of lists, each a command with its arguments:
  read ADDRESS SERVICE FEATURES DRIVER_IDS   GetOnlineFeatures of GrpcFeatureServer or ServingService
  push ADDRESS SOURCE ROW                    Push of a row of typed values to the online store
  health ADDRESS SERVICE                     grpc.health.v1.Health/Check
  reflect ADDRESS                            the services, and what a message has, by server reflection
"""
import json
import sys

import grpc
from feast.protos.feast.serving import GrpcServer_pb2, GrpcServer_pb2_grpc, ServingService_pb2, ServingService_pb2_grpc
from feast.protos.feast.types import Value_pb2

from feast_side import plain

STUBS = {
    "GrpcFeatureServer": GrpcServer_pb2_grpc.GrpcFeatureServerStub,
    "ServingService": ServingService_pb2_grpc.ServingServiceStub,
}


def read(address, service, features, driver_ids):
    message = ServingService_pb2.GetOnlineFeaturesRequest(full_feature_names=True)
    message.features.val.extend(features)
    message.entities["driver_id"].val.extend(Value_pb2.Value(int64_val=each) for each in driver_ids)
    with grpc.insecure_channel(address) as channel:
        response = STUBS[service](channel).GetOnlineFeatures(message, timeout=10)
    return {
        name: [
            [plain(value), ServingService_pb2.FieldStatus.Name(status), time.ToJsonString()]
            for value, status, time in zip(vector.values, vector.statuses, vector.event_timestamps, strict=True)
        ]
        for name, vector in zip(response.metadata.feature_names.val, response.results, strict=True)
    }


def push(address, source, row):
    message = GrpcServer_pb2.PushRequest(stream_feature_view=source, to="online", allow_registry_cache=True)
    for name, value in row.items():
        kind = "string_val" if isinstance(value, str) else "int64_val"
        setattr(message.typed_features[name], kind, value)
    with grpc.insecure_channel(address) as channel:
        return GrpcServer_pb2_grpc.GrpcFeatureServerStub(channel).Push(message, timeout=10).status


def health(address, service):
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(address) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
        except grpc.RpcError as error:
            return error.code().name
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


def reflect(address):
    from google.protobuf.descriptor_pool import DescriptorPool
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

    with grpc.insecure_channel(address) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        services = list(database.get_services())
        pool = DescriptorPool(database)
        message = pool.FindMessageTypeByName("feast.serving.GetOnlineFeaturesRequest")
        methods = [method.name for method in pool.FindServiceByName("GrpcFeatureServer").methods]
    known = ServingService_pb2.GetOnlineFeaturesRequest.DESCRIPTOR
    fields = lambda descriptor: {field.name: field.number for field in descriptor.fields}
    return {"services": services, "methods": methods, "same": fields(message) == fields(known)}


COMMANDS = {"read": read, "push": push, "health": health, "reflect": reflect}

if __name__ == "__main__":
    with open(sys.argv[1]) as f:
        calls = json.load(f)
    print(json.dumps([COMMANDS[name](*args) for name, *args in calls]))
