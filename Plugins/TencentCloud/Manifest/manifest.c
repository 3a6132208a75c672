#include "TencentCloudManifest.h"

__attribute__((section(".eulerpublisher.manifest"), used, retain)) static const char manifest[] = {
#embed "provider.json"
};

const char *ep_tencentcloud_manifest(void) { return manifest; }
uint64_t ep_tencentcloud_manifest_size(void) { return sizeof manifest; }
