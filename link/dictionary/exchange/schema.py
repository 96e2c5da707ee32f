"""The JSON schema of the dictionary file, for other programs that read it."""

import msgspec

from link.dictionary.dictionary import Dictionary


def json_schema() -> str:
    """JSON Schema 2020-12 of the dictionary file; its text changes only with the form of the file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Dictionary)}
    return msgspec.json.format(msgspec.json.encode(schema), indent=1).decode() + "\n"
