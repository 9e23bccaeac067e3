"""Who may read a channel, and whether all who read one may read another."""

from __future__ import annotations

from dataclasses import dataclass

HIDDEN = (
    "What I learned here comes from a channel that not everybody who reads this one may read, so "
    "I do not say it here; an admin can change that by `settings hidden off`."
)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may view a channel, by its rules alone: members need not be known.

    Attributes:
        everybody: the id of the role that all members have.
        granted: roles and members, by id, that let somebody view it.
        denied: other roles and members, by id, that keep somebody from it.
        insisted: those of ``granted`` that the channel itself names: among a channel's
            own rules what lets somebody in wins over what keeps them out.
    """

    everybody: int
    granted: frozenset[int]
    denied: frozenset[int]
    insisted: frozenset[int] = frozenset()

    @property
    def is_public(self) -> bool:
        """Say whether every member may view it."""
        return self.everybody in self.granted and not self.denied

    def is_within(self, other: Audience) -> bool:
        """Say whether whoever may view this channel may surely view the other one.

        Sound rather than complete: where the other channel keeps nobody out by name,
        it shows itself to whoever has one of the roles that open it; so it is enough
        that all that opens this one opens that one. Else both must have the same rules.
        """
        if other.is_public or self == other:
            return True
        if other.denied:
            return False
        return self.everybody in other.granted or self.granted <= other.granted
