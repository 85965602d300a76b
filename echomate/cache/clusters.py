"""Redis Cluster for django-redis, which knows single servers and sentinels only."""

import threading
from collections.abc import Mapping
from typing import Any, ClassVar

import redis
from django_redis.pool import ConnectionFactory
from redis.cluster import RedisCluster
from redis.exceptions import RedisClusterException


class ClusterFactory(ConnectionFactory):  # type: ignore[misc]  # it carries no annotations
    """Each cluster has a single client in a process: it knows the slots, and keeps a pool for each node."""

    clients: ClassVar[dict[str, RedisCluster]] = {}
    _making: ClassVar[threading.Lock] = threading.Lock()

    def connect(self, url: str) -> RedisCluster:
        with self._making:
            if url not in self.clients:
                params = self.make_connection_params(url) | self.pool_cls_kwargs
                del params["parser_class"]  # a cluster's connections have one of their own
                self.clients[url] = _made(params)
        return self.clients[url]

    def disconnect(self, connection: Any) -> None:
        connection.close()

    @classmethod
    def close_all(cls) -> None:
        with cls._making:
            for client in cls.clients.values():
                client.close()
            cls.clients.clear()


def _made(params: Mapping[str, Any]) -> RedisCluster:
    """A client asks the nodes for their slots at once. Raises `ConnectionError` where none of them answers."""
    try:
        return RedisCluster.from_url(**params)
    except RedisClusterException as failure:
        raise redis.ConnectionError(str(failure)) from failure
