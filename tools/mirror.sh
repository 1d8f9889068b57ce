#!/bin/sh
# mirror.sh: the Debian mirror that this machine itself uses.
sed -nE 's/^(deb (\[[^]]*\] )?|URIs: *)(https?:[^ ]+).*/\3/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list \
    2>/dev/null | grep -v security | head -n 1
