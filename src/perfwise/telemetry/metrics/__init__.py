"""Family: how right parsers, detectors and rankings of causes are."""
