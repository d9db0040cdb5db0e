"""Which requests a fault hits."""

import pytest

from qn_pipeline.simulator.faults import Fault, FaultKind, Faults, in_half


def hits(faults: Faults, *endpoints: str, has_page_before: bool = False) -> list[list[FaultKind]]:
    return [[fault.kind for fault in faults.hits(endpoint, has_page_before)] for endpoint in endpoints]


def test_so_many_pass_and_so_many_are_hit() -> None:
    faults = Faults([Fault(FaultKind.RESET, after=1, times=2)])
    assert hits(faults, *["dossiers"] * 5) == [[], [FaultKind.RESET], [FaultKind.RESET], [], []]


def test_until_cleared() -> None:
    assert all(hits(Faults([Fault(FaultKind.NOT_JSON, times=None)]), *["files"] * 9))
    assert all(hits(Faults([Fault(FaultKind.DOWN)]), *["files"] * 9))


def test_an_endpoint_counts_its_own_requests() -> None:
    faults = Faults([Fault(FaultKind.RESET, on="files", after=1)])
    assert hits(faults, "files", "actions", "dossiers", "files", "files") == [[], [], [], [FaultKind.RESET], []]


def test_faults_compose() -> None:
    faults = Faults([Fault(FaultKind.SLOW, times=None), Fault(FaultKind.TOO_MANY, on="dossiers")])
    assert hits(faults, "dossiers", "dossiers") == [[FaultKind.SLOW, FaultKind.TOO_MANY], [FaultKind.SLOW]]


def test_only_a_page_with_one_before_it_can_repeat_it() -> None:
    faults = Faults([Fault(FaultKind.DUPLICATE_PAGE)])
    assert hits(faults, "dossiers", "dossier") == [[], []]
    assert hits(faults, "dossiers", "dossiers", has_page_before=True) == [[FaultKind.DUPLICATE_PAGE], []]


def test_half_of_the_dossiers_spoils_nothing_else() -> None:
    faults = Faults([Fault(FaultKind.HALF_EMPTY), Fault(FaultKind.HALF_LISTS)])
    assert hits(faults, "serviceinfos", "dictitems", "dossier", "dossiers") == [[], [], [FaultKind.HALF_EMPTY], [FaultKind.HALF_LISTS]]


def test_a_fault_can_be_told_in_json_and_a_wrong_one_cannot() -> None:
    told = {"kind": "slow", "on": "national", "times": None, "seconds": 0.5}
    assert Fault.read(told) == Fault(FaultKind.SLOW, on="national", times=None, seconds=0.5)
    for wrong in ({"kind": "fire"}, {"on": "any"}, {"kind": "slow", "speed": 1}, {"kind": "slow", "on": "nowhere"}):
        with pytest.raises(ValueError, match=r"fire|no fault|no endpoint"):
            Fault.read(wrong)


def test_the_half_is_about_half_and_always_the_same() -> None:
    half = [number for number in range(2000) if in_half(number)]
    assert 900 < len(half) < 1100
    assert half == [number for number in range(2000) if in_half(number)]
