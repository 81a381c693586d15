import service


def page(language):
    return f"{service.heading(language)!s}"
