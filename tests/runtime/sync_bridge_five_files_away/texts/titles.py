from . import loading


def title(language):
    return loading.load(language)["name"].lower()
