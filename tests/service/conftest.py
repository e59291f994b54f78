from tests.support.mosquitto import broker

__all__ = ["broker"]
