/* A provider whose answer about every image is the file that it was built with, whatever the image: how a build meets providers
 * that disagree. Built by gcc with nothing but the ABI's header.
 *
 *     -DCONTRARY_ID='"left"'  -DCONTRARY_MANIFEST='"PATH"'  -DCONTRARY_ANSWER='"PATH"'
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <eulerpublisher/provider.h>

#include <string.h>

EP_EMBED_MANIFEST(contrary_manifest, CONTRARY_MANIFEST);
__asm__(".pushsection .rodata\ncontrary_answer:\n.incbin \"" CONTRARY_ANSWER "\"\ncontrary_answer_end:\n.popsection\n");
extern const char contrary_answer[] __attribute__((visibility("hidden")));
extern const char contrary_answer_end[] __attribute__((visibility("hidden")));

static int instance_of_all;

static ep_status invoke(ep_instance *instance, const char *operation, const char *request, uint64_t size,
                        const ep_sink *sink) {
    (void)instance, (void)request, (void)size;
    if (strcmp(operation, EP_OP_CHECK)) return EP_UNSUPPORTED;
    return sink->write(sink->context, contrary_answer, (uint64_t)(contrary_answer_end - contrary_answer));
}

static ep_status open_instance(const ep_host *given, const char *configuration, uint64_t size, ep_instance **instance,
                               const ep_sink *sink) {
    (void)given, (void)configuration, (void)size, (void)sink;
    *instance = (ep_instance *)&instance_of_all;
    return EP_OK;
}

static void close_instance(ep_instance *instance) { (void)instance; }

EP_EXPORT const ep_provider *eulerpublisher_provider_v1(void) {
    static ep_provider provider = {
        .header = {sizeof provider, EP_ABI_MAJOR, EP_ABI_MINOR},
        .id = CONTRARY_ID,
        .version = "1.0.0",
        .open = open_instance,
        .close = close_instance,
        .invoke = invoke,
    };
    provider.manifest = contrary_manifest;
    provider.manifest_size = (uint64_t)(contrary_manifest_end - contrary_manifest);
    return &provider;
}
