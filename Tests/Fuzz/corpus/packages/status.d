=== /var/lib/dpkg/status.d/bash
Package: bash
Version: 1
=== /var/lib/dpkg/status.d/base
Package: base
Version: 2
