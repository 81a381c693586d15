from texts import title as title_of


def heading(language):
    get = lambda: title_of(language)
    return language.upper() + ": " + (get() or title_of(language))
