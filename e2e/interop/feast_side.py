"""What real Feast does in the interop tests. Every command prints one JSON document on its last line.

  make REPO        writes the data and the Python definitions of the shared repository
  apply REPO       applies the Python definitions, as `feast apply` does
  materialize REPO START END
  list REPO        every object that FeatureStore lists, as proto-JSON
  online REPO REQUEST.json     get_online_features for {"features": [...], "entity_rows": [...]}
  historical REPO ENTITIES.parquet REFERENCES.json OUT.parquet
"""
import json
import os
import sys
import warnings

os.environ["TZ"] = "UTC"
os.environ["FEAST_USAGE"] = "False"
warnings.filterwarnings("ignore")

T0 = 1_700_000_000  # epoch seconds of the first event
DAY = 86_400

DEFINITIONS = '''
from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, Project, PushSource, ValueType
from feast.types import Array, Bool, Bytes, Float32, Float64, Int32, Int64, String, UnixTimestamp

project = Project(name="interop", description="shared by both sides", tags={"team": "both"})

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64, description="a driver", tags={"a": "b"})
city = Entity(name="city", join_keys=["city_name"], value_type=ValueType.STRING)


def source(name):
    return FileSource(
        name=name + "_source",
        path="data/" + name + ".parquet",
        timestamp_field="event_timestamp",
        created_timestamp_column="created",
    )


stats = FeatureView(
    name="driver_stats", entities=[driver], ttl=timedelta(days=2), source=source("driver_stats"), owner="owner@example.com",
    description="hourly", tags={"tier": "gold"},
    schema=[Field(name="conv_rate", dtype=Float64, description="a rate", tags={"unit": "1"}), Field(name="acc_rate", dtype=Float32), Field(name="trips", dtype=Int64)],
)
profile = FeatureView(
    name="driver_profile", entities=[driver], ttl=timedelta(0), source=source("driver_profile"),
    schema=[Field(name="level", dtype=Int32), Field(name="name", dtype=String), Field(name="active", dtype=Bool), Field(name="since", dtype=UnixTimestamp), Field(name="photo", dtype=Bytes), Field(name="last_scores", dtype=Array(Float64))],
)
weather = FeatureView(
    name="driver_city_weather", entities=[driver, city], ttl=timedelta(days=1), source=source("driver_city_weather"),
    schema=[Field(name="rain", dtype=Float64), Field(name="sky", dtype=String)],
)
push = PushSource(name="driver_push", batch_source=source("driver_pushed"))
pushed = FeatureView(name="driver_pushed", entities=[driver], ttl=timedelta(days=1), source=push, schema=[Field(name="clicks", dtype=Int64)])
ranking = FeatureService(name="driver_ranking", features=[stats[["conv_rate", "trips"]], profile], tags={"model": "v1"}, owner="ml@example.com", description="ranks drivers")
'''

YAML = """project: interop
provider: local
registry: data/registry.db
online_store:
  type: sqlite
  path: data/online_store.db
offline_store:
  type: duckdb
entity_key_serialization_version: 3
"""


def make(repo):
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    os.makedirs(repo + "/data", exist_ok=True)
    rng = np.random.default_rng(42)

    def times(count):
        # Few distinct times, so that the created column has to decide often.
        event = rng.integers(0, 10 * 24, count) * 3_600_000_000 + T0 * 1_000_000
        # Distinct creation times: a full tie is the one case in which Feast's answer is arbitrary.
        created = event + rng.permutation(count).astype(np.int64) * 1_000
        stamp = lambda values: pa.array(values, pa.int64()).cast(pa.timestamp("us", "UTC"))
        return {"event_timestamp": stamp(event), "created": stamp(created)}

    def nullable(values, share=0.05):
        mask = rng.random(len(values)) < share
        return pa.array(values, mask=mask)

    n = 20_000
    ids = lambda: rng.integers(1000, 1500, n)
    text = lambda prefix: np.array([f"{prefix}{i}" for i in rng.integers(0, 99, n)], dtype=object)
    write = lambda name, columns: pq.write_table(pa.table(columns), f"{repo}/data/{name}.parquet")
    write("driver_stats", {"driver_id": ids(), **times(n), "conv_rate": nullable(rng.random(n)), "acc_rate": nullable(rng.random(n, dtype=np.float32)), "trips": nullable(rng.integers(0, 2**60, n))})
    write("driver_profile", {
        "driver_id": ids(), **times(n), "level": nullable(rng.integers(0, 9, n).astype(np.int32)), "name": nullable(text("naïve ")),
        "active": nullable(rng.random(n) < 0.5), "since": pa.array(rng.integers(0, T0, n), pa.int64()).cast(pa.timestamp("s", "UTC")).cast(pa.timestamp("us", "UTC")),
        "photo": pa.array([bytes([i % 256, 0, 255]) for i in range(n)], pa.binary()),
        "last_scores": pa.array([[float(i), float(i) / 3] for i in range(n)], pa.list_(pa.float64())),
    })
    write("driver_city_weather", {"driver_id": ids(), "city_name": text("city"), **times(n), "rain": nullable(rng.random(n)), "sky": nullable(text("sky"))})
    m = 500
    write("driver_pushed", {"driver_id": np.arange(1000, 1000 + m), **{k: v[:m] for k, v in times(n).items()}, "clicks": rng.integers(0, 99, m)})
    rows = 10_000
    pq.write_table(pa.table({
        "driver_id": rng.integers(990, 1510, rows), "city_name": np.array([f"city{i}" for i in rng.integers(0, 101, rows)], dtype=object),
        "event_timestamp": pa.array(rng.integers(0, 10 * 24 * 60, rows) * 60_000_000 + T0 * 1_000_000, pa.int64()).cast(pa.timestamp("us", "UTC")),
        "label": np.arange(rows),
    }), f"{repo}/data/entities.parquet")
    with open(repo + "/feature_store.yaml", "w") as f:
        f.write(YAML)
    with open(repo + "/definitions.py", "w") as f:
        f.write(DEFINITIONS)
    return {"made": repo}


def store(repo):
    os.chdir(repo)
    from feast import FeatureStore

    return FeatureStore(".")


def apply(repo):
    import subprocess

    done = subprocess.run([os.path.join(os.path.dirname(sys.executable), "feast"), "apply"], cwd=repo, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)
    return {"output": done.stdout}


def materialize(repo, start, end):
    from datetime import datetime

    store(repo).materialize(datetime.fromisoformat(start), datetime.fromisoformat(end))
    return {"materialized": True}


def name_of(described):
    return described["name"] if "name" in described else described["spec"]["name"]


def list_all(repo):
    from google.protobuf.json_format import MessageToDict

    s = store(repo)
    listed = {
        "projects": s.list_projects(), "entities": s.list_entities(), "dataSources": s.list_data_sources(),
        "featureViews": s.list_batch_feature_views(), "streamFeatureViews": s.list_stream_feature_views(),
        "onDemandFeatureViews": s.list_on_demand_feature_views(), "featureServices": s.list_feature_services(),
        "savedDatasets": s.list_saved_datasets(), "labelViews": s.list_label_views(), "permissions": s.list_permissions(),
    }
    return {kind: sorted((MessageToDict(o.to_proto()) for o in objects), key=name_of) for kind, objects in listed.items()}


def plain(value):
    """A feast.types.Value as JSON without its case: 64-bit integers as text, bytes in base64."""
    import base64

    kind = value.WhichOneof("val")
    if kind is None:
        return None
    held = getattr(value, kind)
    one = lambda x: base64.b64encode(x).decode() if isinstance(x, bytes) else str(x) if "int64" in kind or "unix" in kind else x
    return [one(x) for x in held.val] if hasattr(held, "val") else one(held)


def online(repo, request):
    with open(request) as f:
        request = json.load(f)
    response = store(repo).get_online_features(features=request["features"], entity_rows=request["entity_rows"], full_feature_names=True).proto
    return {name: [plain(v) for v in response.results[i].values] for i, name in enumerate(response.metadata.feature_names.val)}


def historical(repo, entities, references, out):
    import pandas as pd
    import pyarrow.parquet as pq

    with open(references) as f:
        references = json.load(f)
    s = store(repo)
    table = s.get_historical_features(entity_df=pd.read_parquet(entities), features=references).to_arrow()
    pq.write_table(table, out)
    return {"rows": table.num_rows}


COMMANDS = {"make": make, "apply": apply, "materialize": materialize, "list": list_all, "online": online, "historical": historical}

if __name__ == "__main__":
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:]), default=str))
