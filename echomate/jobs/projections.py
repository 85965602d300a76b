"""A job that appears in the table is sent to the workers."""

from echomate.jobs.items import State, send
from echomate.projections import Change, Effects, projects
from echomate.table import last_id


@projects("job")
def send_new_jobs(change: Change, _effects: Effects) -> None:
    if change.kind == "insert" and change.item["State"] == State.NEW and not change.item.get("SendsItself"):
        send(last_id(change.item["PK"]))
