"""How many examples Hypothesis tries: few in the suite, the same ones everywhere; many new ones in `make test-long`."""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import providers

THOROUGH = 15
"""How many times as many examples the thorough profile tries."""

profile = os.environ.get("HYPOTHESIS_PROFILE", "suite")
settings.register_profile(
    "thorough",
    deadline=None,  # real services answer when they answer
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
    derandomize=False,
)
settings.register_profile("suite", settings.get_profile("thorough"), derandomize=True)
settings.load_profile(profile)
if profile == "suite":
    # Else the constants of all modules that happen to be loaded are tried too, and differ with the order of tests.
    providers._get_local_constants = lambda: providers._local_constants


def examples(count: int, *, thorough: int = 0, steps: int = 50, shrinks: bool = True) -> settings:
    """Settings of one test: `count` examples in the suite, of at most `steps` steps where it is a state machine.

    `thorough`: how many in the random search, by default fifteen times as many.
    `shrinks`: whether a failure is made small, which takes long where each example does.
    """
    phases = set(Phase) - {Phase.explain} - (set() if shrinks else {Phase.shrink})
    return settings(
        max_examples=count if profile == "suite" else thorough or count * THOROUGH,
        stateful_step_count=steps,
        phases=tuple(phase for phase in Phase if phase in phases),
    )
