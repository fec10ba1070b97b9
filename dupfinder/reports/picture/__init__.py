"""A comparison as a picture: both photos, what matches between them, and where they differ.

Above, A and B side by side, with lines between keypoints that match and the overlap outlined in
both. Below, in the frame of A, where the aligned pictures differ, and the evidence in words.
"""

from dupfinder.reports.picture.drawing import draw

__all__ = ["draw"]
