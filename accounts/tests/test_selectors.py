"""Cards, counters and names, as other apps read them."""

import orjson
import pytest
from pynamodb.models import Model

from accounts import selectors
from accounts.models import User
from accounts.selectors import UserCounts
from accounts.tests.acting import age_claim, change_user
from echomate import cache, dynamodb, keys, table
from echomate.config import config
from echomate.errors import NotFound
from echomate.metering import metering
from echomate.testing.client import Caller, Person, sign_up, unique_name
from echomate.testing.projecting import Projecting


def test_a_user_is_read_as_pynamodb_reads_it(ann: Person) -> None:
    item = table.get_item(keys.user(ann.id)) or {}
    theirs = Model.from_raw_data.__func__(User, item)  # type: ignore[attr-defined]  # a class's own method has it
    assert User.from_raw_data(item).wire() == theirs.wire() == item


def test_an_item_of_another_kind_is_no_user(ann: Person) -> None:
    claim = table.get_item(keys.username_claim(ann.username)) or {}
    with pytest.raises(TypeError, match="a UsernameClaim is no User"):
        User.from_raw_data(claim)


def test_a_card_is_what_the_api_shows(ann: Person) -> None:
    ann.patch(
        "/users/me", {"full_name": 'Ann "\n" Example'.replace("\n", " "), "bio": "a\nb", "locked": True}
    )
    card = selectors.cards.one(ann.id)
    assert card is not None
    assert (card.id, card.username, card.locked, card.show_followers) == (ann.id, ann.username, True, True)
    assert orjson.loads(card.short) == {
        "id": str(ann.id),
        "username": ann.username,
        "full_name": 'Ann " " Example',
        "avatar_url": f"http://localhost:8000/avatars/{ann.id}",
    }
    shown = orjson.loads(selectors.present_user(card, UserCounts(1, 2, 3, 4), None))
    assert shown == Caller().get(f"/users/{ann.id}").json() | {
        "counts": {"posts": 1, "followers": 2, "following": 3, "likes": 4}
    }


def test_flags_follow_the_settings(ann: Person) -> None:
    ann.patch("/users/me", {"settings": {"show_followers": False, "show_likes": False}})
    card = selectors.cards.one(ann.id)
    assert card is not None
    assert (card.locked, card.show_followers, card.show_likes) == (False, False, False)


def test_cards_of_many_are_one_read_and_then_none(ann: Person) -> None:
    ids = [ann.id, sign_up().id, 12345]
    with metering() as cold:
        assert set(selectors.cards.get(ids)) == set(ids[:2])
    assert [operation for operation, _ in cold.dynamodb] == ["BatchGetItem"]
    with metering() as warm:
        assert set(selectors.cards.get(ids)) == set(ids[:2])
    assert warm.dynamodb == []


@pytest.mark.parametrize("state", ["suspended", "erasing"])
def test_who_is_not_active_is_absent(ann: Person, projector: Projecting, state: str) -> None:
    assert selectors.resolve(ann.username) == ann.id
    assert set(selectors.cards.get([ann.id])) == {ann.id}
    change_user(ann.id, State=state)
    projector.catch_up()
    assert selectors.cards.get([ann.id]) == {}
    for text in (ann.username, str(ann.id)):
        with pytest.raises(NotFound):
            selectors.resolve(text)
    change_user(ann.id, State="active")
    projector.catch_up()
    assert selectors.resolve(ann.username) == ann.id


def test_counters_are_zeros_until_there_are_any(ann: Person) -> None:
    assert selectors.stats.get([ann.id]) == {ann.id: UserCounts(0, 0, 0, 0)}
    add = {"UpdateExpression": "ADD Followers :n, Likes :n", "ExpressionAttributeValues": {":n": {"N": "2"}}}
    key = table.wire_key(keys.user_stats(ann.id))
    dynamodb.call("UpdateItem", {"TableName": config.table_name, "Key": key, **add})
    cache.forget(keys.cached_user_stats(ann.id))
    assert selectors.stats.get([ann.id]) == {ann.id: UserCounts(0, 2, 0, 2)}


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "9" * 19, "9" * 40, "me", "nobody_by_this_name", "a/b", "ä", "\x00"]
)
def test_what_names_nobody_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        selectors.resolve(text)


def test_several_names_are_resolved_as_they_were_written(ann: Person) -> None:
    bob = sign_up("bob")
    texts = [ann.username, bob.username.upper(), unique_name(), "no name"]
    assert selectors.ids_of(texts) == {ann.username: ann.id, bob.username.upper(): bob.id}


def test_a_name_that_was_looked_for_in_vain_is_found_once_it_is_there() -> None:
    name = unique_name()
    with pytest.raises(NotFound):
        selectors.resolve(name)
    with metering() as meter, pytest.raises(NotFound):
        selectors.resolve(name)
    assert meter.dynamodb == []
    body = {"username": name, "email": f"{name}@example.org", "password": "correct9horse"}
    response = Caller().post("/auth/signup", body)
    assert selectors.resolve(name) == int(response.json()["user"]["id"])


def test_the_projector_forgets_a_name_whose_absence_was_cached(projector: Projecting) -> None:
    """As after the death of the process that signed somebody up."""
    person = sign_up()
    cache.run([("SET", keys.cached_username(person.username), cache.ABSENT)])
    change_user(person.id, FullName="Somebody")
    projector.catch_up()
    assert selectors.resolve(person.username) == person.id


def test_an_address_taken_over_is_taken_from_none_but_its_first_owner(projector: Projecting) -> None:
    """The handler runs twice: a second run finds nothing to do."""
    first, body = sign_up("first"), {"username": unique_name("second"), "password": "correct9horse"}
    age_claim(first.email, hours=49)
    second = Person(
        Caller().post("/auth/signup", body | {"email": first.email, "token_delivery": "body"}).json()
    )
    for _ in range(2):
        projector.catch_up()
        assert second.get("/users/me").json()["email"] == first.email
        assert first.get("/users/me").json()["email"] is None
