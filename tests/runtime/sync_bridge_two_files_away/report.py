from source import Cached


class Summary:
    def __init__(self, keys):
        self.keys = keys
        self.source = Cached()

    def parts(self):
        return [self.source.read(key) for key in self.keys]

    def total(self):
        return sum(self.source.read(key) for key in self.keys)

    def first(self):
        for value in self.source.every(self.keys):
            return value * 2
