"""Products for tests of the store."""

from fsw.store.products import Provenance

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
CONTENTS = {"product-1": b"first product", "product-2": b"second"}


def add(store, content, **options):
    number = store.allot_id()
    return store.add(number, f"product-{number}", content, PROVENANCE, **options)


def waiting(store):
    return {product.name: store.content(product.id) for product in store.waiting()}


def files(folder):
    """What is below a folder, by its path there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
