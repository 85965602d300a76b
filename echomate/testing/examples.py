"""How many examples Hypothesis tries: few in the suite, many with HYPOTHESIS_PROFILE=thorough.

Where CI judges a change it tries the same ones each time; new ones are looked for everywhere else.
"""

import os

from hypothesis import HealthCheck, Phase, settings

THOROUGH = 15
"""How many times as many examples the thorough profile tries."""

_profile = os.environ.get("HYPOTHESIS_PROFILE", "suite")
settings.register_profile(
    "suite",
    deadline=None,  # real services answer when they answer
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
    derandomize="CI" in os.environ,
)
settings.register_profile("thorough", settings.get_profile("suite"), derandomize=False)
settings.load_profile(_profile)


def examples(count: int, *, steps: int = 50, shrinks: bool = True) -> settings:
    """Settings of one test: `count` examples in the suite, of at most `steps` steps where it is a state machine.

    `shrinks`: whether a failure is made small, which takes long where each example does.
    """
    phases = set(Phase) - {Phase.explain} - (set() if shrinks else {Phase.shrink})
    return settings(
        max_examples=count * (THOROUGH if _profile == "thorough" else 1),
        stateful_step_count=steps,
        phases=tuple(phase for phase in Phase if phase in phases),
    )
