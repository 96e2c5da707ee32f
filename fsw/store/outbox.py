"""The store as CFDP sees it: products can be sent, by number; nothing is taken up."""

import errno

from fsw.store.product_file import StoredProduct, is_content
from fsw.store.products import ProductStore
from link.cfdp.filestore import FileWriter


class FileOutbox:
    """The file store of the node's CFDP entity. A name may be anybody's as well; a number is one product's alone."""

    def __init__(self, store: ProductStore) -> None:
        self._store = store

    def open(self, name: str) -> "ProductReader":
        """The product whose `source_name` this is. Raises FileNotFoundError, DamagedProductError, OSError of disks."""
        product = next((one for one in self._store.waiting() if source_name(one) == name), None)
        if product is None:
            raise FileNotFoundError(errno.ENOENT, f"no product {name!r} waits")
        return ProductReader(product, self._store.content(product.id))

    def create(self) -> FileWriter:
        """Raises PermissionError."""
        raise PermissionError(errno.EPERM, "this node takes no files")


class ProductReader:
    """A product in memory while it is sent; its end is given only while all of it is what was stored."""

    def __init__(self, product: StoredProduct, content: bytes) -> None:
        self._product, self._content, self.size = product, content, product.octets

    def read(self, offset: int, size: int) -> bytes:
        """`size` octets from `offset` on. Raises OSError where memory has changed since they were read."""
        if offset + size >= self.size and not is_content(self._product, self._content):
            raise OSError(errno.EIO, "memory has changed")
        return self._content[offset : offset + size]

    def close(self) -> None:
        """Nothing to do."""


def source_name(product: StoredProduct) -> str:
    """What CFDP calls a product on board."""
    return str(product.id)
