"""Acts on every row that matches a filter: asked for at once, carried out in slices."""
