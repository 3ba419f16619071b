def merge_intervals(intervals):
    merged = []
    for low, high in intervals:
        apart = []
        for other in merged:
            if other[0] <= high and low <= other[1]:
                low, high = min(low, other[0]), max(high, other[1])
            else:
                apart.append(other)
        merged = [*apart, [low, high]]
    return sorted(merged)
