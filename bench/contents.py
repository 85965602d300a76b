"""What the people of the bench have written, in bulk too: posts, pictures, and a thread under one of the posts."""

import time
from collections.abc import Sequence

import orjson

from bench import table
from bench.network import AUTHORS, CONTENT, PHOTOGRAPHERS, READERS, Network, random_source
from echomate import dynamodb, ids, keys
from echomate.config import config
from echomate.dynamodb import Wire
from media.models import State, new_media
from media.purposes import Purpose
from posts.comments.services import OldComment, import_comments

COMMENTS = 1000
PICTURED, PICTURES = 200, 4
"""Posts with pictures, and how many each has."""
VARIANTS = [
    *(
        {"name": f"{width}.webp", "width": width, "height": width * 3 // 4, "type": "image/webp"}
        for width in (320, 640, 1280, 2048)
    ),
    {"name": "1280.jpg", "width": 1280, "height": 960, "type": "image/jpeg"},
]


def publish(network: Network, count: int) -> None:
    """Write posts of the authors in turn, a minute apart, the last of them a minute ago or just before the oldest."""
    newest = ids.milliseconds(network.posts[0]) if network.posts else time.time_ns() // 1_000_000
    made = _moments(count, before=newest)
    table.write(_post(id_, network.authors[n % AUTHORS].id) for n, id_ in enumerate(made))
    network.posts = made + network.posts


def publish_pictures(network: Network) -> None:
    """Write the posts of the photographers, and what they have attached."""
    for number, post in enumerate(_moments(PICTURED, before=time.time_ns() // 1_000_000)):
        author = network.photographers[number % PHOTOGRAPHERS].id
        pictures = _moments(PICTURES, before=ids.milliseconds(post))
        table.write([_post(post, author, pictures), *(_picture(id_, author, post) for id_ in pictures)])


def publish_thread(network: Network) -> None:
    """Write comments under the newest post, half of them in a tree of threes under its first one."""
    post, size = network.posts[-1], COMMENTS // 2
    began = ids.milliseconds(post) + 1
    made = [ids.with_random_part(ids.id_at_milliseconds(began + n), 0) for n in range(COMMENTS)]
    depths = [0] * COMMENTS
    comments = []
    for number, id_ in enumerate(made):
        parent = (number - 1) // 3 if 0 < number < size else None
        depths[number] = 0 if parent is None else depths[parent] + 1
        comments.append(
            OldComment(
                id_,
                network.readers[number % READERS].id,
                post,
                CONTENT,
                parent=None if parent is None else made[parent],
                depth=depths[number],
                is_answered=3 * number + 1 < size,
            )
        )
    import_comments(comments)
    network.thread = made[0]


def _moments(count: int, *, before: int) -> list[int]:
    """Ids a minute apart, the oldest first."""
    return [
        ids.with_random_part(ids.id_at_milliseconds(before - 60_000 * age), random_source.getrandbits(22))
        for age in range(count, 0, -1)
    ]


def _post(id_: int, author: int, pictures: Sequence[int] = ()) -> Wire:
    pk, sk = keys.post(id_)
    sort = keys.post_sort(id_)
    return dynamodb.wire_item(
        {
            "PK": pk,
            "SK": sk,
            "GSI1PK": keys.author(author),
            "GSI1SK": sort,
            "GSI2PK": keys.public(id_ % config.public_shards),
            "GSI2SK": sort,
            "EntityType": "post",
            "Id": id_,
            "Author": author,
            "Content": CONTENT * 2,
            "ContentHtml": f"<p>{CONTENT * 2}</p>",
            "Visibility": "public",
            "Language": "en",
            "ReplyPolicy": "everyone",
            "Sensitive": False,
            "SpoilerText": "",
            "Version": 1,
            "Nonce": "bench",
            **({"Media": list(pictures)} if pictures else {}),
        }
    )


def _picture(id_: int, owner: int, post: int) -> Wire:
    """A photo of 12 megapixels as it is when its variants are made."""
    media = new_media(
        id_, owner=owner, purpose=Purpose.POST, type_="image/jpeg", size=4_800_000, alt=CONTENT, nonce="bench"
    )
    media.state, media.type, media.attached = State.READY.value, "image/jpeg", keys.post(post)[0]
    media.width, media.height = 4000, 3000
    media.blurhash = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"
    media.variants_json = orjson.dumps(VARIANTS).decode()
    return media.wire()
