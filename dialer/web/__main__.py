"""Prints the OpenAPI document: `python -m dialer.web > docs/openapi.json`."""

import json

from dialer.web.app import ROUTES
from dialer.web.openapi import document

print(json.dumps(document(ROUTES), indent=1, ensure_ascii=False))
