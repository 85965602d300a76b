"""What the pages say."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """`asked` and `done` are paragraphs; they may name the account's `name` and the `address` that was written to."""

    title: Promise
    asked: Sequence[Promise]
    button: Promise
    done_title: Promise
    done: Sequence[Promise]
    new_link: str = ""
    """The page on which one gets a new link."""
    instead: Sequence[Promise] = ()
    """What one may do where the link is not valid any more."""


VERIFY = Words(
    title=_("Confirm your e-mail address"),
    asked=[_("Is %(address)s the address of your account %(name)s?")],
    button=_("Confirm the address"),
    done_title=_("Thank you"),
    done=[_("The address %(address)s is confirmed.")],
    new_link="resend",
)
RESET = Words(
    title=_("Choose a new password"),
    asked=[_("For your account %(name)s. All sessions end, on every device.")],
    button=_("Set the password"),
    done_title=_("Your password is set"),
    done=[_("All sessions have ended. Log in with the new password.")],
    new_link="forgot",
)
UNDO = Words(
    title=_("Take the change of your address back"),
    asked=[
        _("%(address)s will be the address of your account %(name)s again."),
        _("All sessions end, the password is void, and we mail you a link to a new one."),
    ],
    button=_("Take the change back"),
    done_title=_("This is your address again"),
    done=[_("We have mailed a link to a new password to %(address)s.")],
    new_link="forgot",
)
RESTORE = Words(
    title=_("Keep your account"),
    asked=[_("Your account %(name)s is being erased. Do you want to keep it?")],
    button=_("Keep the account"),
    done_title=_("Welcome back"),
    done=[_("Your account is as it was. Log in to go on.")],
    instead=[_("If your account is still being erased, you can also log in and keep it.")],
)
UNSUBSCRIBE = Words(
    title=_("No more news by mail"),
    asked=[_("Mail about the safety of your account still comes.")],
    button=_("Unsubscribe"),
    done_title=_("You are unsubscribed"),
    done=[
        _("Mail about the safety of your account still comes. In your settings you can wish for news again.")
    ],
    instead=[_("Each mail that you can unsubscribe from has such a link, and your settings do the same.")],
)
FORGOT = Words(
    title=_("A new password"),
    asked=[_("We mail you a link that sets a new password.")],
    button=_("Mail me a link"),
    done_title=_("Look into your mail"),
    done=[_("If an account has this address, a link is on its way. It is good for an hour.")],
)
RESEND = Words(
    title=_("Confirm your e-mail address"),
    asked=[_("We mail you a link that confirms your address.")],
    button=_("Mail me a link"),
    done_title=_("Look into your mail"),
    done=[_("If an account has this address and it is not confirmed yet, a link is on its way.")],
)
