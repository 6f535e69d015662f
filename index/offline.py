"""No library asks the network for anything: called at each door, before what lies behind it is imported."""

import os


def stay_offline() -> None:
    """Tell the model hub's library to look on this machine alone, and Gradio to report and to sum up nothing.

    Both read this when they are imported, and never again.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000000"
