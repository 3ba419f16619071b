"""Facts as data: devices and models, each number with its source."""
