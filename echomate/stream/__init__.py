"""The projector: reads the table's stream and keeps what follows from it.

`projector` holds the shards that `leases` gives it and runs a `worker` for each; a worker reads (`reader`),
handles (`handling`), and commits counters and checkpoint in one transaction (`commit`).
"""
