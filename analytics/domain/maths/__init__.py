"""Mathematics of repeat buying, spending, survival and scores: numbers in, numbers out, no tables, no tenant."""

BG_NBD, MBG_NBD, GAMMA_GAMMA = "BG/NBD", "MBG/NBD", "Gamma-Gamma"
