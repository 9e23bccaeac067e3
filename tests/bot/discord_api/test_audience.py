"""What was learned in a hidden channel is heard by those alone who may read it."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from bot.discord_api.audience import Audience

EVERYBODY, ROLES = 0, (1, 2, 3)
RULES = st.fixed_dictionaries(
    {role: st.sampled_from([True, False, None]) for role in (EVERYBODY, *ROLES)}
)
BASES = st.sets(st.sampled_from([EVERYBODY, *ROLES]))


def audience(rules: dict[int, bool | None], base: set[int]) -> Audience:
    granted = {role for role, may in rules.items() if may}
    insisted = frozenset(granted)
    if rules[EVERYBODY] is None:
        granted |= base
    denied = {role for role, may in rules.items() if may is False} - {EVERYBODY}
    return Audience(EVERYBODY, frozenset(granted), frozenset(denied), insisted)


def views(rules: dict[int, bool | None], base: set[int], roles: set[int]) -> bool:
    """Discord's own algorithm: everybody's rule, then what roles deny, then what they allow."""
    may = bool(base & (roles | {EVERYBODY}))
    if rules[EVERYBODY] is not None:
        may = bool(rules[EVERYBODY])
    if any(rules[role] is False for role in roles):
        may = False
    return may or any(rules[role] for role in roles)


@given(RULES, RULES, BASES)
def test_nobody_hears_what_they_could_not_read(
    place: dict[int, bool | None], learned: dict[int, bool | None], base: set[int]
) -> None:
    if audience(place, base).is_within(audience(learned, base)):
        for chosen in product((False, True), repeat=len(ROLES)):
            roles = {role for role, has in zip(ROLES, chosen, strict=True) if has}
            assert not views(place, base, roles) or views(learned, base, roles)


def test_what_everybody_may_read_is_said_everywhere() -> None:
    public = Audience(EVERYBODY, frozenset({EVERYBODY}), frozenset())
    staff = Audience(EVERYBODY, frozenset({1}), frozenset())
    staff_and_crew = Audience(EVERYBODY, frozenset({1, 2}), frozenset())
    assert staff.is_within(public)
    assert staff.is_within(staff_and_crew)
    assert not staff_and_crew.is_within(staff)
    assert not public.is_within(staff)
