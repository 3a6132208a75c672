#include "HuaweiCloudManifest.h"

__attribute__((section(".eulerpublisher.manifest"), used, retain)) static const char manifest[] = {
#embed "provider.json"
};

const char *ep_huaweicloud_manifest(void) { return manifest; }
uint64_t ep_huaweicloud_manifest_size(void) { return sizeof manifest; }
