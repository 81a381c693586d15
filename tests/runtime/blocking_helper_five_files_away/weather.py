from stations import Station


def report(name):
    return Station(name).now()
