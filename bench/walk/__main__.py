"""A walk through every flow as a person takes it: over HTTP, with mail read from its files.

`python -m bench.walk` starts a stack of its own, and a login provider. `SCREENSHOTS=directory` also looks at the pages
in Chromium, on a telephone and on a desk. It ends with 1 at the first answer that is not as it should be. With
names of flows it takes these alone.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.walk import accounts, credentials, media, posts
from bench.walk.town import Town, town

Flow = Callable[[Town], None]
FLOWS: tuple[Flow, ...] = (
    credentials.verify_an_address,
    credentials.forget_a_password,
    credentials.change_the_address,
    credentials.change_the_password_and_watch_sessions,
    credentials.add_a_second_factor,
    credentials.carry_a_passkey,
    accounts.take_another_name,
    credentials.come_from_a_provider,
    posts.write_with_names_tags_and_links,
    posts.show_it_to_the_right_eyes,
    posts.talk_in_a_thread,
    posts.keep_for_later,
    media.post_a_photo,
    media.be_refused,
    media.show_ones_face,
    accounts.take_everything_along,
    accounts.be_erased,
    accounts.rule_by_commands,
)


def _chosen(names: Sequence[str]) -> list[Flow]:
    return [flow for flow in FLOWS if not names or flow.__name__ in names]


def main() -> int:
    with town() as there:
        if directory := os.environ.get("SCREENSHOTS"):
            there.screenshots = Path(directory)
            there.screenshots.mkdir(parents=True, exist_ok=True)
        for flow in _chosen(sys.argv[1:]):
            began = time.monotonic()
            flow(there)
            print(f"{flow.__name__.replace('_', ' ')}: as it should be, {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
