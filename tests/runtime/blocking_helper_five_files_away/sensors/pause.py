from time import sleep as nap


def settle():
    nap(0.3)
