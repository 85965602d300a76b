"""Another username: held, leading to its owner, twice a month, one's own alone."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from django.core import mail

from accounts import selectors, services
from accounts.tests.acting import at_once, change_user, log_in, new, stored
from echomate import dynamodb, jobs, keys, table, transactions
from echomate.config import config
from echomate.dynamodb import Wire
from echomate.errors import Unauthenticated
from echomate.ids import now_seconds
from echomate.testing.client import Caller, Person, problem, sign_up, unique_name
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting, projecting
from echomate.testing.proxy import Proxy

pytestmark = pytest.mark.store

MONTH = 30 * 86_400


@pytest.fixture
def ann() -> Person:
    return sign_up("ann").step_up()


def rename(person: Person, name: str) -> Any:
    return person.post("/auth/change-username", {"username": name})


def renamed(person: Person, name: str | None = None) -> str:
    """A new name that the person took."""
    name = name or unique_name("new")
    response = rename(person, name)
    assert response.status_code == 200, response.content
    return name


def pass_time(person: Person, seconds: int) -> None:
    """As if a person's changes of name had been made so much earlier."""
    user = stored(person.id)
    earlier = {
        "RenamedAt": int(user.renamed_at) - seconds,
        "RenamedBefore": int(user.renamed_before) - seconds,
    }
    change_user(person.id, **{name: max(0, at) for name, at in earlier.items()})
    for name in user.former_names:
        request = {
            "Key": table.wire_key(keys.username_claim(str(name))),
            "UpdateExpression": "SET ExpiresAt = ExpiresAt - :seconds",
            "ExpressionAttributeValues": {":seconds": {"N": str(seconds)}},
        }
        dynamodb.call("UpdateItem", {"TableName": config.table_name, **request})


def test_a_name_is_changed_for_another(ann: Person) -> None:
    old, new_name = ann.username, unique_name("new")
    response = rename(ann, new_name.upper())
    assert response.status_code == 200
    assert response.json() == ann.get("/users/me").json()
    assert response.json()["username"] == new_name
    assert response.json()["url"].endswith(f"/users/{new_name}")
    assert Caller().get(f"/users/{new_name}").json()["id"] == str(ann.id)
    assert stored(ann.id).former_names == [old]


def test_it_asks_for_a_step_up_and_a_login() -> None:
    bob = sign_up("bob")
    response = rename(bob, unique_name())
    assert (response.status_code, problem(response)) == (403, "step-up-required")
    assert Caller().post("/auth/change-username", {"username": unique_name()}).status_code == 401


def test_the_old_name_leads_to_the_present_one(ann: Person) -> None:
    old, new_name = ann.username, renamed(ann)
    for caller in (Caller(), sign_up("bob"), ann):
        response = caller.get(f"/users/{old.upper()}?x=1")
        assert (response.status_code, response.content) == (307, b"")
        assert response.headers["Location"] == f"/api/v1/users/{new_name}?x=1"
        assert caller.get(response.headers["Location"]).json()["id"] == str(ann.id)
    assert Caller().get(f"/users/{ann.id}").status_code == 200


def test_every_other_path_knows_the_account_by_its_old_name(ann: Person) -> None:
    old, bob = ann.username, sign_up("bob")
    renamed(ann)
    assert bob.post(f"/users/{old}/follow").status_code == 200
    assert bob.get(f"/users/{old}/followers").json()["results"][0]["id"] == str(bob.id)
    assert log_in(old).json()["user"]["id"] == str(ann.id)
    assert ann.put(f"/users/{old}/profile", {"bio": "still me"}).json()["bio"] == "still me"


def test_one_who_is_blocked_learns_no_new_name(ann: Person) -> None:
    old, bob = ann.username, sign_up("bob")
    renamed(ann)
    ann.post(f"/users/{bob.id}/block")
    assert bob.get(f"/users/{old}").status_code == 404


def test_nobody_else_has_the_old_name_for_30_days(ann: Person) -> None:
    old, bob = ann.username, sign_up("bob").step_up()
    renamed(ann)
    pass_time(ann, MONTH - 60)
    for response in (rename(bob, old), Caller().post("/auth/signup", new(username=old))):
        assert (response.status_code, problem(response)) == (409, "username-taken")
        assert list(response.json()["errors"]) == ["username"]
    assert selectors.resolve(old) == ann.id


@pytest.mark.parametrize("way", ["signup", "rename"])
def test_after_30_days_anybody_may_have_it(ann: Person, way: str) -> None:
    """DynamoDB may not have removed the claim yet."""
    old, bob = ann.username, sign_up("bob").step_up()
    Caller().get(f"/users/{renamed(ann)}")
    pass_time(ann, MONTH + 1)
    assert Caller().get(f"/users/{old}").status_code in {
        404,
        307,
    }  # remembered for an hour where it was asked for
    response = rename(bob, old) if way == "rename" else Caller().post("/auth/signup", new(username=old))
    assert response.status_code in {200, 201}
    assert Caller().get(f"/users/{old}").json()["username"] == old
    assert log_in(old).json()["user"]["id"] != str(ann.id)


@pytest.mark.parametrize("does", ["the service", "the projector"])
def test_it_leads_to_one_who_was_suspended_again_at_once(ann: Person, does: str) -> None:
    """Who asked for the old name meanwhile was told that there is nobody, which is remembered."""
    old = ann.username
    renamed(ann)
    with projecting() as projector:
        services.suspend(ann.id)
        projector.catch_up()
        assert Caller().get(f"/users/{old}").status_code == 404
        if does == "the service":
            services.unsuspend(ann.id)
        else:
            change_user(ann.id, State="active")
            projector.catch_up()
        assert Caller().get(f"/users/{old}").status_code == 307


def test_one_may_go_back(ann: Person) -> None:
    old = ann.username
    new_name = renamed(ann)
    renamed(ann, old)
    assert Caller().get(f"/users/{old}").status_code == 200
    assert Caller().get(f"/users/{new_name}").headers["Location"] == f"/api/v1/users/{old}"
    assert stored(ann.id).former_names == [new_name]
    claim = table.get_item(keys.username_claim(old))
    assert claim is not None
    assert "ExpiresAt" not in claim


def test_a_held_name_leads_to_nobody_after_its_end_though_redis_holds_it(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ann.username
    renamed(ann)
    hold = {"TableName": config.table_name, "Key": table.wire_key(keys.username_claim(old))}
    soon = {"ExpiresAt": {"Action": "PUT", "Value": dynamodb.wire(now_seconds() + 300)}}
    dynamodb.call("UpdateItem", {**hold, "AttributeUpdates": soon})
    assert selectors.ids_of([old]) == {old: ann.id}
    assert selectors.ids_of([old]) == {old: ann.id}
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 301)
    assert selectors.ids_of([old]) == {}
    assert Caller().get(f"/users/{old}").status_code == 404


def test_a_name_changes_twice_in_30_days(ann: Person) -> None:
    renamed(ann)
    pass_time(ann, 86_400)
    renamed(ann)
    response = rename(ann, unique_name())
    assert (response.status_code, problem(response)) == (429, "rate-limited")
    assert MONTH - 86_400 - 60 < int(response.headers["Retry-After"]) <= MONTH - 86_400
    pass_time(ann, MONTH - 86_400)
    renamed(ann)
    assert rename(ann, unique_name()).status_code == 429


def test_at_most_two_old_names_are_held_and_known(ann: Person) -> None:
    names = [ann.username]
    for _ in range(4):
        names.append(renamed(ann))
        pass_time(ann, MONTH // 2 + 1)
    assert stored(ann.id).former_names == names[-2:-4:-1]
    assert [table.get_item(keys.username_claim(name)) is not None for name in names] == [False] * 3 + [
        True
    ] * 2


def test_the_name_one_has_is_no_change(ann: Person) -> None:
    version = stored(ann.id).version
    for _ in range(3):
        assert rename(ann, ann.username.upper()).status_code == 200
    assert stored(ann.id).version == version


@pytest.mark.parametrize(
    "name", ["ab", "x" * 31, "änne", "ann b", "123", "admin", "adm1n", "me", None, 7, ""]
)
def test_a_name_that_cannot_be_had_is_refused(ann: Person, name: Any) -> None:
    response = ann.post("/auth/change-username", {"username": name})
    assert (response.status_code, problem(response)) == (400, "invalid")
    assert list(response.json()["errors"]) == ["username"]


def test_a_name_that_is_anothers_is_taken(ann: Person) -> None:
    bob = sign_up("bob")
    before = stored(ann.id).wire()
    assert problem(rename(ann, bob.username)) == "username-taken"
    assert stored(ann.id).wire() == before


def test_a_name_that_many_want_at_once_goes_to_one() -> None:
    name = unique_name("wanted")
    people = [sign_up("many").step_up() for _ in range(10)]
    answers = at_once(10, lambda number: rename(people[number], name))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}
    (winner,) = [one for one, answer in zip(people, answers, strict=True) if answer.status_code == 200]
    assert selectors.resolve(name) == winner.id
    assert {stored(one.id).username for one in people} == {name, *(p.username for p in people if p != winner)}


def test_a_change_and_a_signup_that_want_one_name_at_once_do_not_both_get_it(ann: Person) -> None:
    name = unique_name("wanted")
    answers = at_once(
        2,
        lambda number: rename(ann, name) if number else Caller().post("/auth/signup", new(username=name)),
    )
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [201, 409])


def test_of_five_changes_at_once_two_are_made(ann: Person) -> None:
    names = [unique_name("five") for _ in range(5)]
    answers = at_once(5, lambda number: rename(ann, names[number]))
    statuses = Counter(answer.status_code for answer in answers)
    assert 1 <= statuses[200] <= 2
    assert set(statuses) <= {200, 412, 429}
    user = stored(ann.id)
    claims = [table.get_item(keys.username_claim(name)) for name in [ann.username, *names]]
    assert sum(claim is not None for claim in claims) == 1 + statuses[200]
    owned = [claim for claim in claims if claim is not None and "ExpiresAt" not in claim]
    assert [claim["PK"]["S"] for claim in owned] == [f"USERNAME#{user.username}"]


def test_the_search_finds_the_new_name_and_not_the_old(ann: Person) -> None:
    old, new_name = ann.username, renamed(ann)

    def found(name: str) -> list[str]:
        return [user["id"] for user in Caller().get(f"/users?q={name}").json()["results"]]

    assert (found(old), found(new_name)) == ([], [str(ann.id)])


def test_one_who_wishes_not_to_be_found_is_not_found_by_a_new_name(ann: Person) -> None:
    ann.patch("/users/me", {"settings": {"discoverable": False}})
    new_name = renamed(ann)
    assert Caller().get(f"/users?q={new_name}").json()["results"] == []
    ann.patch("/users/me", {"settings": {"discoverable": True}})
    assert Caller().get(f"/users?q={new_name}").json()["results"][0]["id"] == str(ann.id)


def test_a_remembered_absence_does_not_hide_the_new_name(ann: Person) -> None:
    new_name = unique_name("absent")
    assert Caller().get(f"/users/{new_name}").status_code == 404
    renamed(ann, new_name)
    assert Caller().get(f"/users/{new_name}").status_code == 200


def test_the_projector_forgets_what_the_change_could_not(
    ann: Person, redis_proxy: Proxy, projector: Projecting
) -> None:
    new_name = unique_name("away")
    Caller().get(f"/users/{new_name}")
    Caller().get(f"/users/{ann.username}")
    redis_proxy.refuse()
    renamed(ann, new_name)
    redis_proxy.heal()
    projector.catch_up()
    assert selectors.resolve(new_name) == ann.id
    assert selectors.cards.get([ann.id])[ann.id].username == new_name


def test_the_owner_is_told_by_mail(ann: Person) -> None:
    old, new_name = ann.username, renamed(ann)
    for item in table.query(keys.jobs_of(ann.id), index="GSI1"):
        jobs.run(table.last_id(item["PK"]["S"]))
    (message,) = [message for message in mail.outbox if new_name in message.subject]
    assert message.to == [ann.email]
    assert old in message.body
    assert new_name in message.body


def test_a_lost_answer_of_the_table_is_no_conflict(
    ann: Person, dynamodb_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction is repeated on the wire, and counts once."""
    commit, name = transactions.commit, unique_name("lost")

    def commit_unheard(parts: Sequence[Wire]) -> None:
        dynamodb_proxy.cut_after(0)
        threading.Timer(0.05, dynamodb_proxy.heal).start()
        commit(parts)

    monkeypatch.setattr(transactions, "commit", commit_unheard)
    assert services.change_username(ann.id, name).username == name
    assert stored(ann.id).renamed_before == 0


def test_a_suspended_account_takes_no_name(ann: Person) -> None:
    change_user(ann.id, State="suspended")
    with pytest.raises(Unauthenticated):
        services.change_username(ann.id, unique_name())


def test_guessing_names_is_limited(ann: Person) -> None:
    with configured(rate_limits={"change-username": "3/3600"}):
        answers = [rename(ann, "adm1n").status_code for _ in range(4)]
    assert answers == [400, 400, 400, 429]


def test_the_moment_of_a_change_is_kept(ann: Person) -> None:
    renamed(ann)
    assert abs(int(stored(ann.id).renamed_at) - now_seconds()) < 60
