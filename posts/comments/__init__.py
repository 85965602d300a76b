"""Comments: threads of any depth under posts. Who sees one is decided by `posts.rules`."""
