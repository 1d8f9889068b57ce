#!/bin/sh
# The built modules export their PyInit_ function and nothing else.
set -eu
bad=0
for name in crypto rand SSL; do
    module=$(ls -t OpenSSL/$name.*.so | head -n 1)
    exported=$(nm -D --defined-only "$module" | awk '{ print $3 }')
    echo "$module: $(echo $exported)"
    [ "$exported" = "PyInit_$name" ] || bad=1
done
[ $bad = 0 ] || echo 'only PyInit_ functions may be exported' >&2
exit $bad
