"""What somebody has liked or bookmarked a moment ago, which their lists of these show at once."""

from echomate import keys
from echomate.recent import Recent

recent_likes = Recent(keys.recent_likes, item=lambda user, post: keys.like(post, user))
recent_bookmarks = Recent(keys.recent_bookmarks, item=keys.bookmark)
