from compat import run
from .base import Base
