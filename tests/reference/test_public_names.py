"""Which public names of torch.autograd are here is listed, and why not the others."""

from __future__ import annotations

from public_names import HERE, UNSAID, is_here, listed, names, written


def test_the_list_is_of_the_names_that_torch_has() -> None:
    assert list(listed()) == list(dict.fromkeys(names()))


def test_the_list_says_what_is_here() -> None:
    assert {n for n, said in listed().items() if said == HERE} == set(filter(is_here, listed()))


def test_of_every_name_that_is_left_out_it_is_said_why() -> None:
    assert [n for n, said in listed().items() if said in ("", UNSAID)] == []


def test_the_list_is_written_as_it_is() -> None:
    assert written().splitlines() == [f"{name} {said}" for name, said in listed().items()]
