"""`dialer` and `python -m dialer`."""

from dialer.cli.app import app


def main() -> None:
    app(prog_name="dialer")


if __name__ == "__main__":
    main()
