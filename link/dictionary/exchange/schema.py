"""The JSON schema of the dictionary file, for whoever reads it without this project."""

import msgspec

from link.dictionary.dictionary import Dictionary


def json_schema() -> str:
    """JSON Schema 2020-12; the same text as long as the form of the file is the same."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Dictionary)}
    return msgspec.json.format(msgspec.json.encode(schema), indent=1).decode() + "\n"
