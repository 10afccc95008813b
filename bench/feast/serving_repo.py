"""The feature repository of `npm run bench:serving`: 5 views of 10 features, fixed seed.

serving_repo.py DIR REDIS_PORT ROWS  writes DIR/data/v0..v4.parquet, DIR/defs.py, DIR/feature_store.yaml (Redis) and
DIR/sqlite.yaml (SQLite, the same registry).
"""
import pathlib
import sys

import numpy as np
import pandas as pd

folder, port, n = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
(folder / "data").mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(7)
now = pd.Timestamp("2026-11-20T00:00:00Z")
for v in range(5):
    columns = {
        "user_id": np.arange(n, dtype="int64"),
        "event_timestamp": [now - pd.Timedelta(minutes=int(x)) for x in rng.integers(0, 600, n)],
        "created": [now] * n,
    }
    for f in range(10):
        columns[f"f{v}_{f}"] = rng.integers(0, 10**6, n).astype("int64") if f % 2 == 0 else rng.random(n)
    frame = pd.DataFrame(columns)
    for name in ("event_timestamp", "created"):
        frame[name] = frame[name].astype("datetime64[us, UTC]")
    frame.to_parquet(folder / "data" / f"v{v}.parquet")

(folder / "defs.py").write_text('''
from datetime import timedelta
from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, Int64

user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.INT64)
views = []
for v in range(5):
    view = FeatureView(
        name=f"view{v}",
        entities=[user],
        ttl=timedelta(days=3650),
        schema=[Field(name=f"f{v}_{f}", dtype=Int64 if f % 2 == 0 else Float64) for f in range(10)],
        source=FileSource(
            name=f"src{v}",
            path=f"data/v{v}.parquet",
            timestamp_field="event_timestamp",
            created_timestamp_column="created",
        ),
    )
    globals()[f"view{v}"] = view
    views.append(view)
svc = FeatureService(name="svc50", features=views)
''')

stores = {
    "feature_store.yaml": f"  type: redis\n  connection_string: localhost:{port}\n",
    "sqlite.yaml": "  type: sqlite\n  path: data/online.db\n",
}
for file, block in stores.items():
    (folder / file).write_text(
        "project: base\nregistry: data/registry.db\nprovider: local\nonline_store:\n"
        + block
        + "entity_key_serialization_version: 3\n"
    )
