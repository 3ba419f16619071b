"""How exact the cost of a program's outcome is."""

from perfwise.core.outcome import Outcome
from perfwise.programs.contracts import cases_of

__all__ = ["unresolved"]

_INSTRUCTIONS_PER_CALL = 1000.0  # edits that change nothing moved a call's count by up to some 660


def unresolved(outcome: Outcome) -> float:
    """The amount by which an exact count may be off for reasons that are not the program's: 1000 for each counted call.

    That is the interpreter's doing. 0 for what is compiled or a query, and where the meter is not exact; its doubt is
    relative and in the caveats. For `perfwise.core.compare.Resolution`.
    """
    if outcome.provenance.machine != "any" or not outcome.provenance.interpreter.startswith("CPython"):
        return 0.0
    cases = cases_of(outcome)
    stress = sum(case.stress for case in cases)
    return _INSTRUCTIONS_PER_CALL * (stress or len(cases))
