"""Exchange formats other than XTCE: ccsdspy tables, Wireshark dissectors, reference pages, JSON schema."""
