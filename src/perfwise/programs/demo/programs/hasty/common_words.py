from collections import Counter


def common_words(text, k):
    counts = Counter(text.lower().split())
    return [word for word, _ in counts.most_common(k)]  # ties stand in order of appearance
