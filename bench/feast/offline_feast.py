"""Baseline bench of real Feast offline retrieval and materialization.

Fixed seeds: the same call always yields byte-equal data, so another implementation
can be run on the same files.

  offline_feast.py gen      --dir D [--rows 10000,1000000,10000000] [--views 5]
  offline_feast.py hist     --dir D --store file|duckdb --rows R --views V --ents N     (one run, prints JSON)
  offline_feast.py mat      --dir D --online sqlite|redis --ents N [--store file] [--redis-port 6391]
  offline_feast.py suite    --dir D --out results.jsonl [--limit-s 300] [--limit-gb 12]

Data model
  feature table (one parquet per view v0..v4, "feat_{rows}_v{i}.parquet"):
    key int64 (rows/10 distinct keys, 10 rows each), event_timestamp timestamp[us, UTC] uniform over 30 days,
    created timestamp[us, UTC] (event + 0..3600 s), f{i}_0 float64, f{i}_1 float32, f{i}_2 int64. Rows in time order.
  entity table ("ents_{rows}_{n}.parquet"): key uniform over the keys of that feature table,
    event_timestamp uniform over days 5..30 at second resolution.
  views: ttl 10 days, created column set.
"""
import argparse, json, os, resource, subprocess, sys, time, shutil

T0 = 1_700_000_000  # epoch seconds
DAY = 86400

PER_KEY = 10
def sfx(): return "" if PER_KEY == 10 else f"_k{PER_KEY}"

def gen_feat(d, rows, v):
    import numpy as np, pyarrow as pa, pyarrow.parquet as pq
    p = f"{d}/feat_{rows}_v{v}{sfx()}.parquet"
    if os.path.exists(p): return p
    rng = np.random.default_rng(1000 + v * 17 + rows % 9973)
    keys = rows // PER_KEY
    ts = np.sort(rng.integers(0, 30 * DAY * 1000, rows)) * 1000 + T0 * 1_000_000
    k = rng.permutation(np.repeat(np.arange(keys, dtype=np.int64), PER_KEY))
    cr = ts + rng.integers(0, 3600, rows) * 1_000_000
    t = pa.table({
        "key": k,
        "event_timestamp": pa.array(ts, pa.int64()).cast(pa.timestamp("us", "UTC")),
        "created": pa.array(cr, pa.int64()).cast(pa.timestamp("us", "UTC")),
        f"f{v}_0": rng.random(rows), f"f{v}_1": rng.random(rows, dtype=np.float32),
        f"f{v}_2": rng.integers(0, 1_000_000, rows),
    })
    pq.write_table(t, p, row_group_size=1_000_000)
    return p

def gen_ents(d, rows, n):
    import numpy as np, pyarrow as pa, pyarrow.parquet as pq
    p = f"{d}/ents_{rows}_{n}{sfx()}.parquet"
    if os.path.exists(p): return p
    rng = np.random.default_rng(7 + n % 8191 + rows % 131)
    ts = rng.integers(5 * DAY, 30 * DAY, n) * 1_000_000 + T0 * 1_000_000
    pq.write_table(pa.table({
        "key": rng.integers(0, rows // PER_KEY, n),
        "event_timestamp": pa.array(ts, pa.int64()).cast(pa.timestamp("us", "UTC"))}), p)
    return p

def gen_mat(d, n):
    import numpy as np, pyarrow as pa, pyarrow.parquet as pq
    p = f"{d}/mat_{n}.parquet"
    if os.path.exists(p): return p
    rng = np.random.default_rng(99 + n)
    rows = n * 2
    k = rng.permutation(np.repeat(np.arange(n, dtype=np.int64), 2))
    ts = np.sort(rng.integers(0, 30 * DAY * 1000, rows)) * 1000 + T0 * 1_000_000
    pq.write_table(pa.table({
        "key": k, "event_timestamp": pa.array(ts, pa.int64()).cast(pa.timestamp("us", "UTC")),
        "created": pa.array(ts, pa.int64()).cast(pa.timestamp("us", "UTC")),
        "f0_0": rng.random(rows), "f0_1": rng.random(rows, dtype=np.float32),
        "f0_2": rng.integers(0, 1_000_000, rows)}), p)
    return p

def mkstore(d, offline, online, tag):
    from feast import FeatureStore, RepoConfig
    w = f"{d}/repo_{tag}_{os.getpid()}"
    shutil.rmtree(w, ignore_errors=True); os.makedirs(w)
    cfg = RepoConfig(project="bench", provider="local", registry={"path": f"{w}/r.db", "cache_ttl_seconds": 3600},
                     online_store=online(w), offline_store={"type": offline}, entity_key_serialization_version=3)
    return FeatureStore(config=cfg), w

def mkviews(d, names, V):
    from datetime import timedelta
    from feast import Entity, FeatureView, Field, FileSource, ValueType
    from feast.types import Float32, Float64, Int64
    e = Entity(name="key", join_keys=["key"], value_type=ValueType.INT64)
    fvs = []
    for v in range(V):
        src = FileSource(name=f"s{v}", path=names[v], timestamp_field="event_timestamp", created_timestamp_column="created")
        fvs.append(FeatureView(name=f"fv{v}", entities=[e], ttl=timedelta(days=10), source=src, schema=[
            Field(name="key", dtype=Int64), Field(name=f"f{v}_0", dtype=Float64),
            Field(name=f"f{v}_1", dtype=Float32), Field(name=f"f{v}_2", dtype=Int64)]))
    return e, fvs

def cpu():
    r = resource.getrusage(resource.RUSAGE_SELF); return r.ru_utime + r.ru_stime

def rss():
    # VmHWM, not ru_maxrss: the latter is inherited from the parent over fork+exec
    for l in open("/proc/self/status"):
        if l.startswith("VmHWM"): return int(l.split()[1]) / 1024

def run_hist(a):
    import pandas as pd
    d = os.path.abspath(a.dir)
    names = [gen_feat(d, a.rows, v) for v in range(a.views)]
    df = pd.read_parquet(gen_ents(d, a.rows, a.ents))
    s, w = mkstore(d, a.store, lambda w: {"type": "sqlite", "path": f"{w}/o.db"}, "h")
    e, fvs = mkviews(d, names, a.views)
    s.apply([e, *fvs])
    feats = [f"fv{v}:f{v}_{j}" for v in range(a.views) for j in range(3)]
    base = rss(); c0 = cpu(); t = time.time()
    job = s.get_historical_features(entity_df=df, features=feats)
    out = job.to_arrow() if a.deliver == "arrow" else job.to_df()
    wall = time.time() - t
    cpu_s = cpu() - c0; peak = rss()
    frame = out.select(["f0_0"]).to_pandas() if a.deliver == "arrow" else out
    print("RESULT " + json.dumps(dict(kind="hist", store=a.store, rows=a.rows, views=a.views, ents=a.ents, wall_s=round(wall, 3), cpu_s=round(cpu_s, 3),
          rss_base_mb=round(base), rss_peak_mb=round(peak), per_key=PER_KEY, out_rows=len(frame), non_null=int(frame["f0_0"].notna().sum()),
          checksum=round(float(frame["f0_0"].sum()), 6), load=os.getloadavg()[0])), flush=True)
    shutil.rmtree(w, ignore_errors=True); os._exit(0)

def run_mat(a):
    from datetime import datetime, timezone
    d = os.path.abspath(a.dir); p = gen_mat(d, a.ents)
    on = (lambda w: {"type": "sqlite", "path": f"{w}/o.db"}) if a.online == "sqlite" else \
         (lambda w: {"type": "redis", "connection_string": f"127.0.0.1:{a.redis_port}"})
    s, w = mkstore(d, a.store, on, "m")
    e, fvs = mkviews(d, [p], 1); s.apply([e, *fvs])
    base = rss(); c0 = cpu(); t = time.time()
    s.materialize(datetime.fromtimestamp(T0 - 1, timezone.utc), datetime.fromtimestamp(T0 + 31 * DAY, timezone.utc))
    wall = time.time() - t
    print("RESULT " + json.dumps(dict(kind="mat", store=a.store, online=a.online, ents=a.ents, src_rows=a.ents * 2, wall_s=round(wall, 3), cpu_s=round(cpu() - c0, 3),
          rss_base_mb=round(base), rss_peak_mb=round(rss()), load=os.getloadavg()[0])), flush=True)
    if a.online == "redis":
        import redis; redis.Redis(port=a.redis_port).flushall()
    shutil.rmtree(w, ignore_errors=True); os._exit(0)

def child_rss_mb(pid):
    try:
        for l in open(f"/proc/{pid}/status"):
            if l.startswith("VmRSS"): return int(l.split()[1]) / 1024
    except OSError: pass
    return 0

def mem_avail_mb():
    for l in open("/proc/meminfo"):
        if l.startswith("MemAvailable"): return int(l.split()[1]) / 1024
    return 1e9

def guarded(args, limit_s, limit_gb):
    t = time.time()
    env = dict(os.environ, FEAST_USAGE="False", PYTHONWARNINGS="ignore")
    with subprocess.Popen([sys.executable, os.path.abspath(__file__), *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env) as p:
        why = None
        while p.poll() is None:
            time.sleep(0.1)
            if time.time() - t > limit_s: why = f"over {limit_s} s"
            elif child_rss_mb(p.pid) > limit_gb * 1024: why = f"over {limit_gb} GB"
            elif mem_avail_mb() < 1200: why = f"machine low on memory (child at {child_rss_mb(p.pid)/1024:.1f} GB)"
            if why: p.kill(); break
        out = p.stdout.read()
    for l in out.splitlines():
        if l.startswith("RESULT "): return json.loads(l[7:])
    return {"failed": why or f"exit {p.returncode}", "after_s": round(time.time() - t, 1)}

def suite(a):
    d = os.path.abspath(a.dir); os.makedirs(d, exist_ok=True)
    def put(r):
        open(a.out, "a").write(json.dumps(r) + "\n"); print(r, flush=True)
    rd = None
    if a.mat:
        rd = subprocess.Popen(["redis-server", "--port", str(a.redis_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
        time.sleep(1)
        try:
            for on in ("sqlite", "redis"):
                dead = False
                for n in map(int, a.mat_ents.split(",")):
                    if dead: put(dict(kind="mat", online=on, ents=n, skipped="smaller size already over the limit")); continue
                    gen_mat(d, n)
                    r = guarded(["mat", "--dir", d, "--online", on, "--ents", n, "--redis-port", a.redis_port], a.limit_s, a.limit_gb)
                    if "failed" in r: r = dict(kind="mat", online=on, ents=n, **r); dead = True
                    put(r)
        finally:
            rd.terminate(); rd.wait()
    for V in map(int, a.nviews.split(",")):
        for rows in map(int, a.rows.split(",")):
            for v in range(V): gen_feat(d, rows, v)
            for store in ("duckdb", "file"):
                dead = None
                for n in map(int, a.hist_ents.split(",")):
                    if dead: put(dict(kind="hist", store=store, rows=rows, views=V, ents=n, skipped=dead)); continue
                    gen_ents(d, rows, n)
                    r = guarded(["hist", "--dir", d, "--store", store, "--rows", rows, "--views", V, "--ents", n], a.limit_s, a.limit_gb)
                    if "failed" in r: r = dict(kind="hist", store=store, rows=rows, views=V, ents=n, **r); dead = "smaller size already failed: " + r["failed"]
                    put(r)

if __name__ == "__main__":
    ap = argparse.ArgumentParser(); ap.add_argument("cmd"); ap.add_argument("--dir", required=True)
    ap.add_argument("--store", default="file"); ap.add_argument("--online", default="sqlite"); ap.add_argument("--rows", default="10000,1000000,10000000")
    ap.add_argument("--views", type=int, default=1); ap.add_argument("--ents", type=int, default=1000); ap.add_argument("--redis-port", type=int, default=6391)
    ap.add_argument("--out", default="bench_results.jsonl"); ap.add_argument("--limit-s", type=float, default=300); ap.add_argument("--limit-gb", type=float, default=12)
    ap.add_argument("--deliver", default="frame", choices=["frame", "arrow"], help="what the historical run is asked for")
    ap.add_argument("--nviews", default="1,3,5"); ap.add_argument("--hist-ents", default="1000,10000,100000,1000000"); ap.add_argument("--mat-ents", default="10000,100000,1000000")
    ap.add_argument("--mat", type=int, default=1); ap.add_argument("--per-key", type=int, default=10, help="history rows per key")
    a = ap.parse_args(); PER_KEY = a.per_key
    if a.cmd == "suite": suite(a)
    elif a.cmd == "gen":
        os.makedirs(a.dir, exist_ok=True)
        for r in map(int, a.rows.split(",")):
            for v in range(a.views): gen_feat(a.dir, r, v)
            for n in map(int, a.hist_ents.split(",")): gen_ents(a.dir, r, n)
        for n in map(int, a.mat_ents.split(",")): gen_mat(a.dir, n)
    elif a.cmd == "hist": a.rows = int(a.rows); run_hist(a)
    elif a.cmd == "mat": run_mat(a)
