"""What every back-test over the database needs."""

import pytest

from portal.events.bells import held


@pytest.fixture
def quiet(settings, tmp_path):
    settings.VAR_DIR = tmp_path  # columns of its own: ids come again in another test
    with held():
        yield
