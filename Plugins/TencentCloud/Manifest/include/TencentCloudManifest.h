#ifndef TENCENT_CLOUD_MANIFEST_H
#define TENCENT_CLOUD_MANIFEST_H

#include <stdint.h>

/* The embedded manifest: provider.json as it was at build time, also to be found in its ELF section. */
const char *ep_tencentcloud_manifest(void);
/* Its size in bytes. */
uint64_t ep_tencentcloud_manifest_size(void);

#endif
