"""Networks as a way to search: any ONNX image model that the user has, and how to feed it.

A file is read and judged in the main process (`reading`, `onnx_file`, `sidecar`), loaded and asked
where decoders run, isolated (`runtime`). Nothing is ever fetched.
"""

from dupfinder.searchers.networks.reading import ImageModel, read_labels, read_model

__all__ = ["ImageModel", "read_labels", "read_model"]
