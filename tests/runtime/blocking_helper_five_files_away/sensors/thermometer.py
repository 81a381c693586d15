from .wire import ask


def read():
    return int(ask("temperature"))
