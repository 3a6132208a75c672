/* The ABI's layout, held at compile time: a field that moves is a new major version. LP64 only. */
#include "eulerpublisher/provider.h"

#include <stddef.h>

#define AT(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #type "." #field " moved")
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " changed its size")

SIZE(ep_header, 8);
AT(ep_header, abi_major, 4);
AT(ep_header, abi_minor, 6);

SIZE(ep_sink, 24);
AT(ep_sink, context, 8);
AT(ep_sink, write, 16);

SIZE(ep_extent, 32);
AT(ep_extent, offset, 8);
AT(ep_extent, length, 16);
AT(ep_extent, flags, 24);

SIZE(ep_image_stat, 40);
AT(ep_image_stat, size, 8);
AT(ep_image_stat, mode, 16);
AT(ep_image_stat, mtime, 32);

SIZE(ep_host, 208);
AT(ep_host, context, 8);
AT(ep_host, log, 16);
AT(ep_host, progress, 24);
AT(ep_host, cancelled, 32);
AT(ep_host, checkpoint, 40);
AT(ep_host, checkpoint_replay, 48);
AT(ep_host, intend, 56);
AT(ep_host, created, 64);
AT(ep_host, settled, 72);
AT(ep_host, secret, 80);
AT(ep_host, redact, 88);
AT(ep_host, file_read, 96);
AT(ep_host, run_helper, 104);
AT(ep_host, clock_now, 112);
AT(ep_host, random, 120);
AT(ep_host, cache_get, 128);
AT(ep_host, cache_put, 136);
AT(ep_host, artifact_open, 144);
AT(ep_host, artifact_size, 152);
AT(ep_host, artifact_read, 160);
AT(ep_host, artifact_next_extent, 168);
AT(ep_host, image_stat, 176);
AT(ep_host, image_read, 184);
AT(ep_host, image_list, 192);
AT(ep_host, extension, 200);

SIZE(ep_provider, 72);
AT(ep_provider, id, 8);
AT(ep_provider, version, 16);
AT(ep_provider, manifest, 24);
AT(ep_provider, manifest_size, 32);
AT(ep_provider, open, 40);
AT(ep_provider, close, 48);
AT(ep_provider, invoke, 56);
AT(ep_provider, extension, 64);
