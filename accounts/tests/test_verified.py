"""Verified accounts: nobody else takes names that look like theirs."""

from collections import Counter
from typing import Any

import pytest

from accounts import lookalikes
from accounts.models import User
from accounts.services import NewAccount, create_account, granting, verifying
from accounts.tests.acting import at_once, new, stored
from echomate import keys, table
from echomate.errors import Conflict
from echomate.testing.client import Caller, Person, problem, sign_up, unique_name

pytestmark = pytest.mark.store

LOOKS_ALIKE = ["This name looks like that of a verified account."]


def verified(name: str, full_name: str = "") -> User:
    account = NewAccount(username=name, email=f"{unique_name()}@example.org", full_name=full_name)
    return verifying.verify(create_account(account, password_hash="-"))


def claims(user: User) -> list[bool]:
    """Whether the looks of the username and of the full name are kept."""
    look = lookalikes.of_full_name(user.full_name)
    found = table.batch_get(
        [keys.lookalike(lookalikes.of_username(user.username)), keys.verified_name(look, user.id)]
    )
    return [item is not None for item in found]


def test_the_mark_is_shown_to_everybody_and_made_by_no_edit() -> None:
    bob = sign_up("bob")
    assert bob.patch("/users/me", {"verified": True}).json()["verified"] is False
    verifying.verify(stored(bob.id))
    assert Caller().get(f"/users/{bob.id}").json()["verified"] is True
    verifying.unverify(stored(bob.id))
    assert Caller().get(f"/users/{bob.id}").json()["verified"] is False


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("brookline", "br00kline"),
        ("modern_times", "rnodern_times"),
        ("vivian", "_v1v1an_"),
        ("waverly", "vvaver1y"),
    ],
)
def test_a_username_that_looks_like_a_verified_one_is_taken(name: str, alike: str) -> None:
    verified(name)
    ann = sign_up("ann").step_up()
    for response in (
        Caller().post("/auth/signup", new(username=alike)),
        ann.post("/auth/change-username", {"username": alike}),
    ):
        assert (response.status_code, problem(response)) == (409, "username-taken")
        assert response.json()["errors"] == {"username": LOOKS_ALIKE}


def test_a_conflict_names_all_that_is_taken() -> None:
    bob = sign_up("bob")
    verified("larkspur")
    response = Caller().post("/auth/signup", new(username="1arkspur", email=bob.email))
    assert set(response.json()["errors"]) == {"username", "email"}


def test_names_like_a_verified_one_are_free_again_without_the_mark() -> None:
    user = verified("thornbury")
    verifying.unverify(stored(user.id))
    assert claims(user) == [False, False]
    assert Caller().post("/auth/signup", new(username="th0rnbury")).status_code == 201


IMITATIONS = [
    "\u0410da L\u043evelace",
    "Ada Love1ace",
    "ADA L\u041eVELACE",
    "Ada \u216covelace",
    "A d a L\u043evelace",
    "Ada\u00a0L\u043evelace.",
]


@pytest.fixture
def ada() -> User:
    return verified(unique_name("ada"), full_name="Ada Lovelace")


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("full_name", IMITATIONS)
def test_a_full_name_that_imitates_a_verified_one_is_refused(full_name: str) -> None:
    ann = sign_up("ann")
    for response in (
        Caller().post("/auth/signup", new(full_name=full_name)),
        ann.patch("/users/me", {"full_name": full_name}),
        ann.put("/users/me", {"full_name": full_name}),
        ann.put(f"/users/{ann.id}/profile", {"full_name": full_name}),
    ):
        assert (response.status_code, problem(response)) == (400, "invalid")
        assert response.json()["errors"] == {"full_name": LOOKS_ALIKE}


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    "full_name",
    ["Ada Lovelace", "ADA LOVELACE", "Ada Byron", "Борис", "Adam Lovelace", "🌹"],
)
def test_namesakes_and_others_are_welcome(full_name: str) -> None:
    assert sign_up("ann").patch("/users/me", {"full_name": full_name}).json()["full_name"] == full_name


def test_one_who_has_the_name_already_edits_the_rest() -> None:
    ann = sign_up("ann")
    ann.patch("/users/me", {"full_name": "Gr\u0430ce Hopper"})
    verified(unique_name("grace"), full_name="Grace Hopper")
    assert ann.patch("/users/me", {"full_name": "Gr\u0430ce Hopper", "bio": "x"}).status_code == 200


@pytest.mark.parametrize(
    "full_name",
    ["Admin", "\u0410dmin", "Echomate Support", "E-c-h-o-m-a-t-e", "Moderator", "Su\u0440\u0440ort"],
)
def test_nobody_is_called_as_those_who_run_this_place(full_name: str) -> None:
    ann = sign_up("ann")
    response = ann.patch("/users/me", {"full_name": full_name})
    assert response.json()["errors"] == {"full_name": ["This name is reserved."]}
    granting.grant_role(ann.id, "moderator")
    assert ann.patch("/users/me", {"full_name": full_name}).status_code == 200


def test_the_mark_goes_with_the_full_name() -> None:
    bob = sign_up("bob", full_name="Robert Carter")
    user = verifying.verify(stored(bob.id))
    assert claims(user) == [True, True]
    assert bob.patch("/users/me", {"bio": "x", "full_name": "Robert Carter"}).json()["verified"] is True
    seen = bob.get("/users/me").headers["ETag"]
    response = bob.patch("/users/me", {"full_name": "Elon Musk"}, headers={"If-Match": seen})
    assert (response.json()["full_name"], response.json()["verified"]) == ("Elon Musk", False)
    assert claims(user) == [False, False]


def test_an_edit_that_comes_too_late_leaves_the_mark() -> None:
    bob = sign_up("bob", full_name="Robert Carter")
    verifying.verify(stored(bob.id))
    late = bob.patch("/users/me", {"full_name": "Elon Musk"}, headers={"If-Match": '"1.x"'})
    assert (late.status_code, stored(bob.id).verified) == (412, True)


@pytest.mark.parametrize("alike", ["one like it", ""])
def test_the_mark_goes_with_the_username(alike: str) -> None:
    bob = sign_up("bob", full_name="Robert Carter").step_up()
    user = verifying.verify(stored(bob.id))
    name = bob.username.replace("o", "0") if alike else unique_name("robert")
    response = bob.post("/auth/change-username", {"username": name})
    assert (response.json()["username"], response.json()["verified"]) == (name, False)
    assert claims(user) == [False, False]


def test_two_whose_names_look_alike_are_not_both_verified() -> None:
    for name in ("marigo1d", "marigold"):
        create_account(NewAccount(username=name, email=f"{name}@example.org"), password_hash="-")
    from accounts import selectors

    first, second = (stored(selectors.resolve(name)) for name in ("marigo1d", "marigold"))
    verifying.verify(first)
    with pytest.raises(Conflict, match="looks like"):
        verifying.verify(second)
    assert not stored(second.id).verified


def test_done_twice_it_is_the_same(ada: User) -> None:
    assert verifying.verify(stored(ada.id)).version == ada.version
    once = verifying.unverify(stored(ada.id))
    assert verifying.unverify(stored(ada.id)).version == once.version


def test_namesakes_may_both_be_verified(ada: User) -> None:
    other = verified(unique_name("ada"), full_name="Ada Lovelace")
    verifying.unverify(stored(ada.id))
    assert claims(other) == [True, True]


def test_a_mark_and_an_imitation_at_once_leave_one_of_them() -> None:
    owner, ann = sign_up("wisteria"), sign_up("ann").step_up()
    alike = owner.username.replace("i", "1", 1)

    def act(number: int) -> Any:
        if number:
            return ann.post("/auth/change-username", {"username": alike}).status_code
        return verifying.verify(stored(owner.id)).verified

    outcomes = at_once(2, act)
    assert outcomes[0] is True
    assert outcomes[1] in {200, 409}
    assert (stored(ann.id).username == alike) == (outcomes[1] == 200)


def test_of_many_marks_at_once_one_is_made() -> None:
    bob: Person = sign_up("bob")
    user = stored(bob.id)

    def mark(_: int) -> str:
        try:
            return "done" if verifying.verify(user).verified else "not"
        except Conflict:
            return "conflict"

    assert Counter(at_once(5, mark)) == {"done": 1, "conflict": 4}
    assert stored(bob.id).version == 2
