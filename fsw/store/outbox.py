"""The products in the store as CFDP sends them: each by its number."""

import errno

from fsw.store.product_file import StoredProduct, is_content
from fsw.store.products import ProductStore


class FileOutbox:
    """Opens products. Two of them may have one name, but never one number."""

    def __init__(self, store: ProductStore) -> None:
        self._store = store

    def open(self, name: str) -> "ProductReader":
        """Open the product with this `source_name`. Raises FileNotFoundError, DamagedProductError, OSError."""
        product = next((one for one in self._store.waiting() if source_name(one) == name), None)
        if product is None:
            raise FileNotFoundError(errno.ENOENT, f"no product {name!r} waits")
        return ProductReader(product, self._store.content(product.id))


class ProductReader:
    """A product in memory while it is sent; its last octets are given only while all of it is what was stored."""

    def __init__(self, product: StoredProduct, content: bytes) -> None:
        self._product, self._content, self.size = product, content, product.octets

    def read(self, offset: int, size: int) -> bytes:
        """`size` octets from `offset` on. Raises OSError where memory has changed since they were read."""
        if offset + size >= self.size and not is_content(self._product, self._content):
            raise OSError(errno.EIO, "memory has changed")
        return self._content[offset : offset + size]

    def close(self) -> None:
        """Do nothing: there is no open file."""


def source_name(product: StoredProduct) -> str:
    """The name by which CFDP on board identifies a product."""
    return str(product.id)
