from .titles import title
