#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# libpng 1.6.39 (Debian 12), its simplified reader (png_image_finish_read): what it does for a program that asks for grey, or for
# colours without alpha on a background, it does in linear light; Pillow, ImageMagick and browsers add the stored bytes.
# Guessed: white of alpha 128 on black is 128, pure green is 150 as grey (0.587 * 255, what training data elsewhere hold). Seen:
#   white, alpha 128, on black: 186   red, green, blue as grey: 126 219 76
#   Pillow:                     128                             76 150 29
# A network that learnt pictures of one loader sees others of another one by up to 70 of 255. Fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for pinned in libpng-dev=1.6.39-2+deb12u6 python3-pil=9.4.0-1.1+deb12u1; do
    [ "$(dpkg-query -W -f '${Version}' "${pinned%%=*}" 2>/dev/null)" = "${pinned##*=}" ] ||
        apt-get install -y -qq --no-install-recommends "$pinned" >/dev/null
done
cd "$folder"
cat >make.py <<'PYTHON'
from PIL import Image

clear = Image.new("RGBA", (1, 1), (255, 255, 255, 128))
clear.save("clear.png")
colors = Image.new("RGB", (3, 1))
colors.putdata([(255, 0, 0), (0, 255, 0), (0, 0, 255)])
colors.save("colors.png")
laid = Image.alpha_composite(Image.new("RGBA", (1, 1), (0, 0, 0, 255)), clear)
print("Pillow:", laid.getpixel((0, 0))[0], *colors.convert("L").getdata())
PYTHON
cat >read.c <<'C'
#include <png.h>
#include <stdio.h>
#include <string.h>

static void read_as(const char* file, png_uint_32 format, unsigned char* to) {
    png_image image;
    const png_color black = {0, 0, 0};
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_file(&image, file)) puts(image.message);
    image.format = format;
    if (!png_image_finish_read(&image, &black, to, 0, NULL)) puts(image.message);
}

int main(void) {
    unsigned char laid[3], gray[3];
    read_as("clear.png", PNG_FORMAT_RGB, laid);
    read_as("colors.png", PNG_FORMAT_GRAY, gray);
    printf("libpng: %d %d %d %d\n", laid[0], gray[0], gray[1], gray[2]);
    return 0;
}
C
cc read.c -o read -lpng
seen=$(/usr/bin/python3 make.py; ./read)
printf '%s\n' "$seen"
[ "$seen" = "Pillow: 128 76 150 29
libpng: 186 126 219 76" ]
