"""The test run's one PostgreSQL cluster."""

from __future__ import annotations

import pytest

from dialer.lab.postgres import Cluster

_CLUSTER = pytest.StashKey[Cluster]()


def shared_cluster(config: pytest.Config) -> Cluster:
    """The test run's one cluster, started when first asked for and removed when the run ends."""
    if _CLUSTER not in config.stash:
        cluster = Cluster()
        config.add_cleanup(cluster.remove)
        cluster.start()
        config.stash[_CLUSTER] = cluster
    return config.stash[_CLUSTER]
