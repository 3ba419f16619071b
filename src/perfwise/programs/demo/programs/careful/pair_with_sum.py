def pair_with_sum(numbers, target):
    first_place = {}
    for place, number in enumerate(numbers):
        partner = first_place.get(target - number)
        if partner is not None:
            return partner, place
        first_place.setdefault(number, place)
    return None
