"""Records of a source as rows: what a page would do to the store, and the links to its source."""
