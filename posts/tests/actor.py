"""People of the tests, who call the API over HTTP's handlers."""

from dataclasses import dataclass
from typing import Any

import orjson

from accounts.services import NewAccount, begin_session, create_account
from echomate.testing.client import Caller, unique_name


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.content)

    @property
    def problem(self) -> str:
        """The last part of the problem's type."""
        return str(self.json["type"]).rpartition("/")[2]


class Actor:
    """Somebody with a token, or, as the base of it, nobody in particular."""

    id = 0
    name = "nobody"

    def __init__(self) -> None:
        self._caller = Caller()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """`If_Match="…"` becomes the header If-Match. A body of bytes goes as it is."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content_type = sent.pop("Content-Type", "application/json")
        url = path if path.startswith(("http", "/")) else f"/{path}"
        response = self._caller.call(method, url, body, headers=sent, content_type=content_type)
        return Answer(response.status_code, dict(response.headers), response.content)

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Answer:
        return self.call("PUT", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.call("DELETE", path, **headers)

    def publish(self, content: str = "hello", **fields: Any) -> int:
        """The id of a new post."""
        answer = self.post("posts", {"content": content, **fields})
        assert answer.status == 201, answer.content
        return int(answer.json["id"])

    def ids(self, path: str) -> list[int]:
        """The ids of a list's page."""
        answer = self.get(path)
        assert answer.status == 200, answer.content
        return [int(item["id"]) for item in answer.json["results"]]


class Person(Actor):
    def __init__(self) -> None:
        super().__init__()
        self.name = unique_name("person")
        account = NewAccount(
            username=self.name, email=f"{self.name}@example.org", full_name=self.name.title()
        )
        user = create_account(account, password_hash="!")
        self.id = user.id
        self._caller.headers["Authorization"] = f"Bearer {begin_session(user).tokens.access}"
