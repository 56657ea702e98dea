"""Mathematics of repeat buying, spending, survival and scores: numbers in, numbers out, no tables, no tenant."""
