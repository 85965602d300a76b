"""What a projector tells Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

RECORDS = Counter("echomate_stream_records", "Records read from the stream.")
BATCHES = Counter("echomate_stream_commits", "Commits of counters and checkpoint.")
DEAD_LETTERS = Counter("echomate_stream_dead_letters", "Records parked because they can't be handled.")
LOST = Counter("echomate_stream_losses", "Times that the stream no longer reached back to a checkpoint.")
STOPPED = Counter(
    "echomate_stream_stops", "Times that a shard stopped because a dependency was away.", ["dependency"]
)
LAG = Gauge(
    "echomate_stream_lag_seconds",
    "Age of the newest change whose effects are all done.",
    ["shard"],
    multiprocess_mode="mostrecent",
)
COMMIT_SECONDS = Histogram("echomate_stream_commit_seconds", "Duration of a commit.")
