"""A new post goes to the homes of its readers, a deleted one leaves the lists; who was hidden comes back to both."""

from accounts.selectors import ACTIVE
from echomate import cache, keys
from echomate.projections import Change, Effects, Image, projects
from echomate.table import last_id
from feeds import fan_out, returning


@projects("post")
def deliver_post(change: Change, effects: Effects) -> None:
    if change.kind == "insert" and change.new and "DeletedAt" not in change.new:
        post, author = change.new["Id"], change.new["Author"]
        fan_out.announce(post, author=author, public="GSI2PK" in change.new)
        if change.new.get("Imported"):
            fan_out.deliver_to_author(post, author=author)
        elif change.new["Visibility"] == "mentioned":
            fan_out.deliver_to_mentioned(post, author=author, mentioned=change.new.get("Mentions", ()))
        else:
            fan_out.deliver(post, author=author, once=effects.at_risk)
    elif change.kind == "modify" and change.old and change.new and "Author" in change.old:
        if "DeletedAt" in change.new:
            fan_out.withdraw(change.old["Id"], author=change.old["Author"])
        elif change.new["Visibility"] == "mentioned":
            _deliver_to_those_mentioned_anew(change.old, change.new)


def _deliver_to_those_mentioned_anew(old: Image, new: Image) -> None:
    mentioned = set(new.get("Mentions", ())).difference(old.get("Mentions", ()))
    if mentioned:
        cache.ask(
            ("DEL", keys.cached_post(new["Id"]))
        )  # a builder that meets the old form leaves the post out
        fan_out.deliver_to_mentioned(new["Id"], author=new["Author"], mentioned=mentioned)


@projects("tag_entry")
def announce_tagged(change: Change, effects: Effects) -> None:
    """A post that bears a hashtag enters its list, and leaves it with the entry: each at once, so in their order."""
    post, tag = last_id(change.item["SK"]), change.item["PK"].removeprefix(keys.tag(""))
    if change.kind == "insert":
        fan_out.announce_tagged(post, tag)
    elif change.kind == "remove":
        fan_out.withdraw_tagged(post, tag)


@projects("user")
def show_again(change: Change, effects: Effects) -> None:
    """One who was suspended, or wanted to be erased, is active again."""
    if change.old and change.new and change.old["State"] != ACTIVE and change.new["State"] == ACTIVE:
        returning.begin(last_id(change.new["PK"]), at=change.at, change=change.sequence)
