"""Applies the repository of apply.test.ts with real Feast and writes what its registry holds after every step.

Run with the Python of an environment that has feast==0.67.0:
    TZ=UTC python test/goldens/apply/make-apply-goldens.py test/goldens/apply
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.parquet as pq
from datetime import datetime, timezone
from google.protobuf.json_format import MessageToDict
from feast.protos.feast.core.Registry_pb2 import Registry

YAML = """project: rides
project_description: Rides of a city
provider: local
registry: data/registry.db
online_store:
  type: sqlite
  path: data/online.db
offline_store:
  type: file
entity_key_serialization_version: 3
"""

COMMON = """
from datetime import timedelta
from feast import (BatchFeatureView, Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType)
from feast.permissions.action import AuthzedAction
from feast.permissions.permission import Permission
from feast.permissions.policy import RoleBasedPolicy
from feast.types import Array, Float32, Int64, String

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64, description="who drives", tags={"pii": "no"})
customer = Entity(name="customer", join_keys=["customer_id"])
stats_source = FileSource(name="stats_source", path="data/stats.parquet", created_timestamp_column="created")
trips_source = FileSource(name="trips_source", path="data/trips.parquet", timestamp_field="at", field_mapping={"amt": "amount"}, description="trips", owner="rides")
pushed_source = PushSource(name="pushed_source", batch_source=trips_source)
"""

STATS = """
stats = FeatureView(name="stats", entities=[driver], source=stats_source, ttl=timedelta(days=1), tags={TAGS})
"""

REST = """
trips = FeatureView(name="trips", entities=[customer, driver], source=pushed_source, ttl=timedelta(hours=2, microseconds=5), offline=True,
    schema=[Field(name="amount", dtype=Float32, description="paid", tags={"unit": "eur"}), Field(name="customer_id", dtype=String)EXTRA])
city = FeatureView(name="city", entities=[], source=FileSource(name="city_source", path="data/city.parquet", timestamp_field="at"),
    schema=[Field(name="weather", dtype=Array(String))], online=False, owner="weather")
ranking = FeatureService(name="ranking", features=[stats[["conv_rate"]], trips.with_name("rides_taken").with_join_key_map({"driver_id": "taken_by"})],
    description="v1", tags={"a": "1", "b": "2"})
"""

CITY_SERVICE = """
weather_service = FeatureService(name="weather_service", features=[city])
"""

PERMISSION = """
readers = Permission(name="readers", types=[FeatureView], policy=RoleBasedPolicy(roles=["reader"]), actions=[AuthzedAction.DESCRIBE])
"""

FIRST = COMMON + STATS.replace("TAGS", '"team": "rides"') + REST.replace("EXTRA", "") + CITY_SERVICE + PERMISSION
TAGGED = COMMON + STATS.replace("TAGS", '"team": "fares"') + REST.replace("EXTRA", "") + CITY_SERVICE + PERMISSION
CHANGED = COMMON + STATS.replace("TAGS", '"team": "fares"') + REST.replace(
    "EXTRA", ', Field(name="riders", dtype=Int64)'
) + PERMISSION

STEPS = [("first", FIRST), ("tags", TAGGED), ("schema and removal", CHANGED)]


def write_data(folder):
    os.makedirs(folder)
    at = pa.array([datetime(2026, 1, 1, tzinfo=timezone.utc)], pa.timestamp("us", tz="UTC"))
    stats = {
        "driver_id": pa.array([1], pa.int64()),
        "event_timestamp": at,
        "created": pa.array(["x"], pa.string()),
        "conv_rate": pa.array([0.5], pa.float64()),
        "trips_today": pa.array([3], pa.int32()),
        "__internal": pa.array([3], pa.int32()),
    }
    trips = {
        "driver_id": pa.array([1], pa.int64()),
        "customer_id": pa.array(["c"], pa.string()),
        "at": at,
        "amt": pa.array([1.5], pa.float32()),
        "riders": pa.array([2], pa.int64()),
    }
    pq.write_table(pa.table(stats), f"{folder}/stats.parquet")
    pq.write_table(pa.table(trips), f"{folder}/trips.parquet")
    pq.write_table(pa.table({"at": at, "weather": pa.array([["wet"]], pa.list_(pa.string()))}), f"{folder}/city.parquet")


def main(out):
    root = tempfile.mkdtemp()
    repo = os.path.join(root, "repo")
    write_data(os.path.join(repo, "data"))
    shutil.copytree(os.path.join(repo, "data"), os.path.join(out, "data"), dirs_exist_ok=True)
    with open(os.path.join(repo, "feature_store.yaml"), "w") as file:
        file.write(YAML)
    feast = os.path.join(os.path.dirname(sys.executable), "feast")
    steps = []
    for name, text in STEPS:
        with open(os.path.join(repo, "definitions.py"), "w") as file:
            file.write(text)
        done = subprocess.run([feast, "apply"], cwd=repo, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(done.stdout + done.stderr)
        with open(os.path.join(repo, "data", "registry.db"), "rb") as file:
            data = file.read()
        registry = Registry()
        registry.ParseFromString(data)
        decoded = MessageToDict(registry, preserving_proto_field_name=True)
        text = json.dumps(decoded).replace(os.path.realpath(repo), "<repo>").replace(repo, "<repo>")
        steps.append({"step": name, "registry": json.loads(text), "bytes": base64.b64encode(data).decode()})
    header = {"producer": "feast", "version": "0.67.0", "command": "feast apply; see make-apply-goldens.py"}
    with open(os.path.join(out, "apply.golden.json"), "w") as file:
        json.dump({**header, "steps": steps}, file, indent=1, sort_keys=True)
        file.write("\n")


main(sys.argv[1])
