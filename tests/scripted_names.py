"""60 texts that a page must show and never run: for names of files and for what files say."""

from __future__ import annotations

import os
from pathlib import Path

from cleaning import write
from pictures import encoded, scene
from PIL import Image

RUN = "alert(1)"

# A slash ends a folder's name: such a text is the way to a file, not its name.
TEXTS = (
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"'><img src=x onerror={RUN}>",
    f'"><img src=x onerror={RUN}>',
    f"<svg onload={RUN}>",
    f"<svg/onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<body onload={RUN}>",
    f"<iframe src=javascript:{RUN}>",
    f"<a href=javascript:{RUN}>x</a>",
    f"javascript:{RUN}",
    f"' onmouseover={RUN} x='",
    f'" onmouseover={RUN} x="',
    f'" autofocus onfocus={RUN} x="',
    f"' autofocus onfocus={RUN} tabindex=1 x='",
    f"` onclick={RUN} `",
    f"<details open ontoggle={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<input onfocus={RUN} autofocus>",
    f"<marquee onstart={RUN}>",
    f"<object data=javascript:{RUN}>",
    f"<embed src=javascript:{RUN}>",
    f"<math><mi href=javascript:{RUN}>x</mi></math>",
    f"<style onload={RUN}></style>",
    f"</style><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</template><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"<!--><script>{RUN}</script>",
    f"]]><script>{RUN}</script>",
    f"<![CDATA[<script>{RUN}</script>]]>",
    f"<!--<script>{RUN}",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&#60;script&#62;{RUN}&#60;/script&#62;",
    f"%3Cscript%3E{RUN}%3C/script%3E",
    "{{" + RUN + "}}",
    "{{config}}{{7*7}}",
    "{% raw %}<script>" + RUN + "</script>{% endraw %}",
    "${" + RUN + "}",
    f"`${{{RUN}}}`",
    f"'-{RUN}-'",
    f'"-{RUN}-"',
    f"\\'-{RUN}//",
    f'\\"-{RUN}//',
    f"'+{RUN}+'",
    f"\u2028{RUN}\u2029",
    f"\n{RUN}\n",
    f"\r\n{RUN}//",
    f"\x00<script>{RUN}</script>",
    f"\x1b]8;;javascript:{RUN}\x07x",
    f"\u202e>tpircs<{RUN}",
    f"\ufeff<script>{RUN}</script>",
    f"<\u017fcript>{RUN}</\u017fcript>",
    f"<script/src=data:,{RUN}></script>",
    f"<base href=javascript:{RUN}//>",
    f"<meta http-equiv=refresh content=0;url=javascript:{RUN}>",
)


def library_in(folder: Path) -> Path:
    """For each text a photo of that name, whose camera has that name; and a file that is cut."""
    picture = Image.fromarray(scene(1, 160, 120))
    for number, text in enumerate(TEXTS):
        exif = Image.Exif()
        exif[0x010F] = exif[0x0110] = exif[0x010E] = text.replace("\0", "")
        photo = encoded(picture, "JPEG", quality=90, exif=exif)
        name = text.replace("\0", "").encode()
        # Where it holds slashes the text is the end of a path.
        way = os.path.join(os.fsencode(folder), b"%d" % number, *filter(None, name.split(b"/")))
        write(Path(os.fsdecode(way + b".jpg")), photo)
        write(Path(os.fsdecode(way + b" cut.jpg")), photo[:900])
    return folder
