#ifndef DOCKERHUB_MANIFEST_H
#define DOCKERHUB_MANIFEST_H

#include <stdint.h>

/* The embedded manifest: provider.json as it was at build time, also to be found in its ELF section. */
const char *ep_dockerhub_manifest(void);
/* Its size in bytes. */
uint64_t ep_dockerhub_manifest_size(void);

#endif
