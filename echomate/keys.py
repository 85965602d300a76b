"""The form of every key, in the table and in Redis. No other module builds one.

A table key is a pair (PK, SK). Every sort key of a list ends in an id of 19 digits, and so pages by it.
"""

import hashlib

from echomate.ids import pad

Key = tuple[str, str]

# --- the table: sort keys and their prefixes --------------------------------------------------------------------------

PROFILE = "PROFILE"
STATS = "STATS"
CLAIM = "CLAIM"
SESSION = "SESSION#"
KNOWN_DEVICE = "KNOWN_DEVICE#"
OIDC_LINK = "OIDC_LINK#"
OIDC_SEEN = "OIDC_SEEN#"
PASSKEY = "PASSKEY#"
TOTP = "TOTP"
PENDING_TOTP = "PENDING_TOTP"
RECOVERY = "RECOVERY"
FOLLOWING = "FOLLOWING#"
REQUEST = "REQUEST#"
BLOCK = "BLOCK#"
BLOCKED_BY = "BLOCKED_BY#"
MUTE = "MUTE#"
POST = "POST#"
LIKE = "LIKE#"
VERSION = "VERSION#"
BOOKMARK = "BOOKMARK#"
COMMENT = "COMMENT#"
JOB = "JOB"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def user_partition(user: int) -> str:
    return f"USER#{pad(user)}"


def user(user: int) -> Key:
    return user_partition(user), PROFILE


def user_stats(user: int) -> Key:
    return user_partition(user), STATS


def username_claim(username: str) -> Key:
    return f"USERNAME#{username}", CLAIM


def lookalike(skeleton: str) -> Key:
    """`skeleton` is what the username of a verified account looks like."""
    return f"LOOKALIKE#{skeleton}", CLAIM


def verified_names(skeleton: str) -> str:
    """The partition of verified accounts whose full names look so."""
    return f"VERIFIED_NAME#{_digest(skeleton)}"


def verified_name(skeleton: str, user: int) -> Key:
    return verified_names(skeleton), f"{CLAIM}#{pad(user)}"


def email_claim(email: str) -> Key:
    """`email` is in its canonical form; the key tells it to nobody."""
    return f"EMAIL#{_digest(email)}", CLAIM


def oidc_digest(issuer: str, subject: str) -> str:
    """What stands in keys for somebody whom an issuer knows as `subject`."""
    return _digest(f"{issuer}\n{subject}")


def oidc_claim(digest: str) -> Key:
    return f"OIDC#{digest}", CLAIM


def oidc_link(user: int, digest: str) -> Key:
    return user_partition(user), OIDC_LINK + digest


def oidc_sighting(user: int, session: str) -> Key:
    return user_partition(user), OIDC_SEEN + session


def oidc_login(digest: str) -> Key:
    return f"OIDC_LOGIN#{digest}", "LOGIN"


def session(user: int, session: str) -> Key:
    return user_partition(user), SESSION + session


def known_device(user: int, digest: str) -> Key:
    return user_partition(user), KNOWN_DEVICE + digest


def totp(user: int) -> Key:
    return user_partition(user), TOTP


def pending_totp(user: int) -> Key:
    """A secret that an app has been shown, and that no code has confirmed yet."""
    return user_partition(user), PENDING_TOTP


def recovery_codes(user: int) -> Key:
    return user_partition(user), RECOVERY


def passkey(user: int, passkey: str) -> Key:
    return user_partition(user), PASSKEY + passkey


def used_challenge(challenge: str) -> Key:
    return f"CHALLENGE#{challenge}", CLAIM


def mail_token(digest: str) -> Key:
    """What a link in a mail does, by the SHA-256 of its token."""
    return f"TOKEN#{digest}", "TOKEN"


def follow(follower: int, followed: int) -> Key:
    return user_partition(follower), FOLLOWING + pad(followed)


def follow_request(follower: int, followed: int) -> Key:
    return user_partition(follower), REQUEST + pad(followed)


def block(blocker: int, blocked: int) -> Key:
    return user_partition(blocker), BLOCK + pad(blocked)


def blocked_by(blocked: int, blocker: int) -> Key:
    """The mirror of a block, in the partition of the one who is blocked."""
    return user_partition(blocked), BLOCKED_BY + pad(blocker)


def mute(muter: int, muted: int) -> Key:
    return user_partition(muter), MUTE + pad(muted)


def post_partition(post: int) -> str:
    return POST + pad(post)


def post(post: int) -> Key:
    return post_partition(post), "POST"


def tag(name: str) -> str:
    """The partition of the public posts that bear a hashtag, by `post_sort`."""
    return f"TAG#{name}"


def tag_entry(name: str, post: int) -> Key:
    return tag(name), post_sort(post)


def post_stats(post: int) -> Key:
    return post_partition(post), STATS


def like(post: int, user: int) -> Key:
    return post_partition(post), LIKE + pad(user)


def comment_partition(comment: int) -> str:
    return COMMENT + pad(comment)


def comment(comment: int) -> Key:
    return comment_partition(comment), "COMMENT"


def comment_stats(comment: int) -> Key:
    return comment_partition(comment), STATS


def comment_like(comment: int, user: int) -> Key:
    return comment_partition(comment), LIKE + pad(user)


def version(post: int, number: int) -> Key:
    """What a post was as its version of that number, the first being 1."""
    return post_partition(post), VERSION + pad(number)


def mentioned(user: int) -> str:
    """The partition of what names a user, by `mention_entry`."""
    return f"MENTIONED#{pad(user)}"


def mention_entry(user: int, item: Key) -> Key:
    """That a post, a former version of one or a comment names a user."""
    partition, sort = item
    if _is_version(sort):
        partition = f"{sort}#{partition.removeprefix(POST)}"
    return mentioned(user), partition


def naming(sort: str) -> Key:
    """The item whose entry has that sort key."""
    if _is_version(sort):
        *_, number, post = sort.split("#")
        return POST + post, VERSION + number
    return sort, sort.partition("#")[0]


def _is_version(sort: str) -> bool:
    return sort.startswith(VERSION)


def idempotency(user: int, idempotency_key: str) -> Key:
    return f"IDEMPOTENCY#{pad(user)}#{_digest(idempotency_key)}", CLAIM


def media(media: int) -> Key:
    return f"MEDIA#{pad(media)}", "MEDIA"


def bookmark(user: int, post: int) -> Key:
    return user_partition(user), BOOKMARK + pad(post)


def job(job: int) -> Key:
    return f"JOB#{pad(job)}", JOB


def erasure(user: int) -> Key:
    """An erasure that is under way."""
    return f"ERASURE#{pad(user)}", "ERASURE"


def erasure_receipt(user: int) -> Key:
    """What is left of an account: the proof that nothing else is."""
    return f"ERASURE#{pad(user)}", "RECEIPT"


# --- the table: partitions of the indexes -----------------------------------------------------------------------------


def names(username: str) -> str:
    """GSI1: users by the first two letters of the name."""
    return f"NAME#{username[:2]}"


def accounts(shard: int) -> str:
    """GSI2: all accounts, by id, in shards."""
    return f"ACCOUNTS#{shard}"


def followers(user: int) -> str:
    """GSI1: who follows a user, by edge id."""
    return f"FOLLOWERS#{pad(user)}"


def follow_requests(user: int) -> str:
    """GSI1: who asks to follow a user, by request id."""
    return f"REQUESTS#{pad(user)}"


def muters(user: int) -> str:
    """GSI1: who mutes a user, by mute id."""
    return f"MUTED_BY#{pad(user)}"


def follows(user: int) -> str:
    """GSI2: whom a user follows, by edge id."""
    return f"FOLLOWS#{pad(user)}"


def author(user: int) -> str:
    """GSI1: the posts of an author, by `post_sort`."""
    return f"AUTHOR#{pad(user)}"


def public(shard: int) -> str:
    """GSI2: public posts, by `post_sort`."""
    return f"PUBLIC#{shard}"


def post_sort(post: int) -> str:
    """The sort key of a post in an index."""
    return POST + pad(post)


def likes_of(user: int) -> str:
    """GSI1: what a user likes, by like id."""
    return f"LIKES#{pad(user)}"


def bookmarks_of(user: int) -> str:
    """GSI1: what a user has bookmarked, by bookmark id."""
    return f"BOOKMARKS#{pad(user)}"


def replies_to_post(post: int) -> str:
    """GSI1: the comments that stand right under a post, by `comment_sort`."""
    return f"REPLIES#{post_partition(post)}"


def replies_to_comment(comment: int) -> str:
    """GSI1: the comments that answer a comment, by `comment_sort`."""
    return f"REPLIES#{comment_partition(comment)}"


def comments_of(user: int) -> str:
    """GSI2: the comments of an author, by `comment_sort`."""
    return f"COMMENTS#{pad(user)}"


def deleted_comments_of(user: int) -> str:
    """GSI2: the tombstones of comments that a user wrote, by `comment_sort`."""
    return f"DELETED_COMMENTS#{pad(user)}"


def comment_sort(comment: int) -> str:
    """The sort key of a comment in an index."""
    return COMMENT + pad(comment)


def comment_likes_of(user: int) -> str:
    """GSI1: the comments that a user likes, by like id."""
    return f"COMMENT_LIKES#{pad(user)}"


def media_of(user: int) -> str:
    """GSI1: what a user has uploaded, by its partition in the table."""
    return f"MEDIA_OF#{pad(user)}"


def jobs_of(user: int) -> str:
    """GSI1: jobs of a user, by id."""
    return f"JOBS_OF#{pad(user)}"


def mail_tokens_of(user: int) -> str:
    """GSI1: links mailed to a user, by the id of the job that mailed them."""
    return f"TOKENS_OF#{pad(user)}"


def due(kind: str, shard: int) -> str:
    """GSI2: jobs that wait, by the time they are due."""
    return f"DUE#{kind}#{shard}"


def due_sort(milliseconds: int, job: int) -> str:
    """The sort key of a job in GSI2: the Unix time when it is due, in 13 digits, and its id."""
    return f"{milliseconds:013d}#{pad(job)}"


def due_at(sort: str) -> int:
    """The time in such a key, in Unix milliseconds."""
    return int(sort.partition("#")[0])


def sealed(fingerprint: str) -> str:
    """GSI2: items with a secret that the key of a fingerprint has sealed, by their partition."""
    return f"SEALED#{fingerprint}"


FAILED_JOBS = "FAILED_JOBS"
"""GSI2: jobs that were given up, by `due_sort`."""


def dead_letter(shard: str, sequence: str) -> Key:
    return f"DEADLETTER#{shard}", f"RECORD#{sequence}"


def dead_letters_of(user: int) -> str:
    """GSI1: dead letters with data of a user, by sequence number."""
    return f"DEADLETTERS_OF#{pad(user)}"


# --- the lease table --------------------------------------------------------------------------------------------------

SCHEDULE_LEASE = "SCHEDULE"
LOSSES = "LOSSES"
DEAD_LETTER_SHARDS = "DEAD_LETTER_SHARDS"
CACHE_DEBTS = "CACHE_DEBTS"


def shard_lease(stream_label: str, shard: str) -> str:
    return f"SHARD#{stream_label}#{shard}"


# --- Redis ------------------------------------------------------------------------------------------------------------


def cached_post(post: int) -> str:
    return f"post:{post}"


def cached_post_stats(post: int) -> str:
    return f"post:{post}:stats"


def cached_versions(post: int) -> str:
    """A hash number → what a post was as that version."""
    return f"post:{post}:versions"


def cached_comment(comment: int) -> str:
    return f"comment:{comment}"


def cached_comment_stats(comment: int) -> str:
    return f"comment:{comment}:stats"


def cached_user(user: int) -> str:
    return f"user:{user}"


def cached_user_stats(user: int) -> str:
    return f"user:{user}:stats"


def cached_username(username: str) -> str:
    return f"username:{username}"


def following_set(user: int) -> str:
    return f"following:{user}"


def requested_set(user: int) -> str:
    """Whom a user asks to follow."""
    return f"requested:{user}"


def followed_by(user: int) -> str:
    """A hash user → whether they follow this one, as far as asked."""
    return f"followed_by:{user}"


def parted(user: int) -> str:
    """A hash user → whether there is a block between them and this one, as far as asked."""
    return f"parted:{user}"


def blocked_set(user: int) -> str:
    """Blocks both ways."""
    return f"blocked:{user}"


def muted_set(user: int) -> str:
    return f"muted:{user}"


def viewer_hash(user: int) -> str:
    """A hash post → bits: liked, bookmarked."""
    return f"viewer:{user}"


def comment_viewer_hash(user: int) -> str:
    """A hash comment → whether the user likes it."""
    return f"viewer:{user}:comments"


def recent_follows(user: int) -> str:
    """Whom a user has begun to follow a moment ago, while the index may lag."""
    return f"follows:{user}:recent"


def recent_followers(user: int) -> str:
    """Whom a user has accepted as followers a moment ago, while the index may lag."""
    return f"followers:{user}:recent"


def recent_likes(user: int) -> str:
    """What a user has liked a moment ago, while the index may lag."""
    return f"likes:{user}:recent"


def recent_bookmarks(user: int) -> str:
    """What a user has bookmarked a moment ago, while the index may lag."""
    return f"bookmarks:{user}:recent"


def recent_comments(post: int) -> str:
    """Comments that were put right under a post a moment ago, while the index may lag."""
    return f"post:{post}:comments:recent"


def recent_replies(comment: int) -> str:
    """The same of the answers to a comment."""
    return f"comment:{comment}:replies:recent"


def first_comments(post: int, order: str) -> str:
    """The comments right under a post that are the first in an order; in the slot of `recent_comments`."""
    return f"{{{recent_comments(post)}}}:{order}"


def first_replies(comment: int, order: str) -> str:
    """The same of the answers to a comment; in the slot of `recent_replies`."""
    return f"{{{recent_replies(comment)}}}:{order}"


def recent_comments_of(user: int) -> str:
    """What a user has commented a moment ago, while the index may lag."""
    return f"comments:{user}:recent"


def session_state(session: str) -> str:
    return f"session:{session}"


def feed(user: int) -> str:
    return f"feed:{user}"


def feed_lock(user: int) -> str:
    return f"feed:{user}:lock"


def author_list(user: int) -> str:
    return f"author:{user}"


def public_list() -> str:
    return "public"


def tag_list(name: str) -> str:
    return f"tag:{name}"


def fresh_followers(user: int) -> str:
    """A sorted set of those who follow since a moment ago, by Unix seconds, while the index may lag."""
    return f"fresh:{user}"


def epoch(number: int) -> str:
    return f"epoch:{number}"


def throttle(policy: str, subject: str) -> str:
    return f"throttle:{policy}:{subject}"


def guesses(account: str, whose: str = "") -> str:
    """The subject of a limit on guesses: strangers' at an account, or one client's own; both in one slot."""
    return f"{{{account}}}:{whose}"


def known_pair(account: str, client: str) -> str:
    """That an account was entered from an address lately; in the slot of its `guesses`."""
    return f"known:{{{account}}}:{client}"
