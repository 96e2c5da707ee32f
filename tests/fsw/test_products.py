"""The product store keeps what it said it keeps, whatever the moment of the crash."""

import os

import pytest

from fsw.products import ProductStore, Provenance, StoreFullError

PROVENANCE = Provenance(
    target="coast",
    raw_octets=737_000,
    input_sha256="ab" * 32,
    capture_utc_ns=1,
    compute_start_utc_ns=2,
    compute_end_utc_ns=3,
    joules=0.5,
    joules_source="modelled",
)


class PowerFailed(BaseException):
    """The board is off; no handler runs."""


def add(store, content):
    number = store.allot_id()
    return store.add(number, f"product-{number}", content, PROVENANCE)


def mission(store, told):
    """Two products and a delivery; `told` is what the store has promised so far."""
    told["first"] = add(store, b"first product")
    store.delivered(told["first"].id)
    told["delivered"] = True
    told["second"] = add(store, b"second")


def fail_after(monkeypatch, octets):
    """Let `os.write` take `octets` in all, then the power is gone."""
    left, write = [octets], os.write

    def failing_write(descriptor, data):
        taken = write(descriptor, bytes(data)[: left[0]])
        left[0] -= taken
        if taken < len(data):
            raise PowerFailed
        return taken

    monkeypatch.setattr(os, "write", failing_write)


def test_power_fails_after_any_octet(tmp_path, monkeypatch):
    """Whatever was told is there after the crash, what was not is there whole or not at all, and the store goes on."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # the cut is modelled by octets; this only costs time
    cut, finished = 0, False
    while not finished:
        folder, told = tmp_path / str(cut), {}
        with monkeypatch.context() as patch:
            fail_after(patch, cut)
            try:
                mission(ProductStore(folder, 1000), told)
                finished = True
            except PowerFailed:
                cut += 1
        check_after_crash(ProductStore(folder, 1000), told)
    assert cut > 500  # the loop did cut inside the content and inside the journal


def check_after_crash(store, told):
    waiting = {product.name: store.content(product.id) for product in store.waiting()}
    assert waiting.items() <= {"product-1": b"first product", "product-2": b"second"}.items()
    if "delivered" in told:
        assert "product-1" not in waiting
    elif "first" in told and "product-1" not in waiting:
        assert store.find("product-1") is not None  # the delivery was noted, its sender did not live to know
    assert "second" not in told or "product-2" in waiting
    assert store.damaged == 0
    known = {product.id for product in (told.get("first"), told.get("second")) if product}
    assert store.allot_id() not in known


def test_waits_across_a_restart_until_delivered(tmp_path):
    product = add(ProductStore(tmp_path, 1000), b"answer")
    again = ProductStore(tmp_path, 1000)
    assert again.waiting() == [product]
    assert again.content(product.id) == b"answer"
    again.delivered(product.id)
    assert ProductStore(tmp_path, 1000).waiting() == []
    last = ProductStore(tmp_path, 1000)
    assert (last.find(product.name), last.boots) == (product, 4)


def test_numbers_are_never_used_again(tmp_path):
    store = ProductStore(tmp_path, 10)
    store.delivered(add(store, b"12345678").id)
    second = add(store, b"12345678")  # pushes the first out
    store.delivered(second.id)
    again = ProductStore(tmp_path, 10)
    assert (again.allot_id(), again.damaged) == (3, 0)


def test_delivered_products_make_room_and_waiting_ones_do_not(tmp_path):
    store = ProductStore(tmp_path, 10)
    first = add(store, b"123456")
    with pytest.raises(StoreFullError, match="5 octets, 6 of 10"):
        add(store, b"12345")
    store.delivered(first.id)
    add(store, b"12345")
    assert store.find(first.name) is None
    assert store.octets == 5


def test_content_that_rotted_is_counted_and_dropped(tmp_path):
    store = ProductStore(tmp_path, 1000)
    product = add(store, b"answer")
    (tmp_path / f"{product.id:08d}").write_bytes(b"anzwer")
    again = ProductStore(tmp_path, 1000)
    assert (again.damaged, again.waiting()) == (1, [])
